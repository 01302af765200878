"""The OpenGL side: the only package that imports moderngl."""
