"""Errors of renderfit: each message says what came, what was expected and what to do."""


class RenderFitError(Exception):
    """Base of all errors raised on purpose by renderfit."""


class ShapeError(RenderFitError):
    """An array has the wrong shape, dtype or non-finite values."""


class DeviceError(RenderFitError):
    """A tensor is on a device the called function cannot use."""


class ContextError(RenderFitError):
    """No OpenGL context could be made, or one was used where it must not be."""


class TopologyError(RenderFitError):
    """A mesh has faces that a function cannot work with."""


class DataError(RenderFitError):
    """A file or data set is missing, unreadable or not what it claims to be."""


class ConvergenceError(RenderFitError):
    """An iteration produced no usable result."""


class ConfigError(RenderFitError):
    """params.yaml holds an unknown key or a value outside its range."""
