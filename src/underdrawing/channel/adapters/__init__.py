"""Other people's watermarks, and our own, behind one protocol: :class:`.carrier.Carrier`.

Each needs its package or its weights only when it is loaded; see :mod:`.registry`.
"""
