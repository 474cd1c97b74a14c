"""Users inside one ComfyUI: who is asking or running, and what is theirs.

`identity` knows on whose behalf code runs, `users` what the gate told about them. The other modules each make one part
of ComfyUI answer accordingly; every one is reported by name in the health answer and tried out by `self_test`.
"""
