"""The main job measured against its table of promises: protect, tamper, attack, verify, recover."""
