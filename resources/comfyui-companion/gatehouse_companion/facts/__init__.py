"""What the gate is told of this start of ComfyUI: its classes of nodes with what speaks against them, and its routes."""
