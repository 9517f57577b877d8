"""Measurement: what platforms and forgers do to pictures, and how well the main job survives it.

Nothing here is needed to protect or verify a picture; nothing here reaches behind the public interface of the package.
"""
