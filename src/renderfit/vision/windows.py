"""Square windows of a picture as a network sees them: cut out, the camera of one, pasted back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from renderfit.geometry import Camera

MARGIN = 1.3
"""Side of a window over the longest side of the box of what was found."""


@dataclass(frozen=True)
class Window:
    """A square of a picture: its centre (x, y) and side [px]."""

    x: float
    y: float
    side: float

    @classmethod
    def around(cls, mask: NDArray[np.bool_], margin: float = MARGIN) -> Window:
        """Return the window around the set pixels of a mask (H, W)."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        side = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
        return cls((columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2, max(32.0, margin * side))

    def near(self, other: Window, part: float) -> bool:
        """Tell whether another window lies where this one does and is as wide, to a `part` of the side."""
        return max(abs(self.x - other.x), abs(self.y - other.y), abs(self.side - other.side)) < part * self.side

    def camera(self, camera: Camera, size: int) -> Camera:
        """Return the camera whose picture is this window of `camera`'s, at `size` px."""
        factor, left, top = size / self.side, self.x - self.side / 2, self.y - self.side / 2
        sides = {"width": size, "height": size, "fx": camera.fx * factor, "fy": camera.fy * factor}
        return replace(camera, **sides, cx=(camera.cx - left) * factor, cy=(camera.cy - top) * factor)  # type: ignore[arg-type]

    def cut(self, whole: Tensor, size: int) -> Tensor:
        """Return the window (1, C, size, size) of a picture (1, C, H, W), its border repeated outside."""
        fine = max(1, int(np.ceil(self.side / size - 0.25)))
        late = 0.0 if fine % 2 else 0.5  # the middle of an even number of pixels lies half a pixel before the one they are filed under
        x, y = self.x + late, self.y + late
        if fine > 1:  # average over the pixels that fall into one cell instead of picking one, there only where the window lies
            rows, columns = (self._around(at, length, fine + 2) for at, length in ((y, whole.shape[2]), (x, whole.shape[3])))
            x, y, whole = x - columns.start, y - rows.start, whole[:, :, rows, columns]
            whole = functional.pad(whole, (fine // 2, (fine - 1) // 2) * 2, mode="replicate")
            for kernel in ((fine, 1), (1, fine)):
                whole = functional.avg_pool2d(whole, kernel, stride=1)
        height, width = whole.shape[2:]
        steps = (torch.arange(size, dtype=torch.float64, device=whole.device) + 0.5) / size * self.side - self.side / 2
        places = torch.broadcast_tensors(((x + steps) / width * 2 - 1)[None, :], ((y + steps) / height * 2 - 1)[:, None])
        grid = torch.stack(places, dim=-1)[None].to(whole.dtype)
        return functional.grid_sample(whole, grid, mode="bilinear", padding_mode="border", align_corners=False)

    def _around(self, middle: float, length: int, room: int) -> slice:
        """Return the pixels of a row of `length` that the window about `middle` covers, and `room` at both ends where there are some."""
        first = min(max(0, int(np.floor(middle - self.side / 2)) - room), max(0, length - room))
        return slice(first, min(length, max(first, int(np.ceil(middle + self.side / 2))) + room))

    def paste(self, values: Tensor, height: int, width: int) -> NDArray[np.float64]:
        """Return values (C, S, S) of the window at full resolution (C, height, width), 0 outside the window."""
        columns = (torch.arange(width, dtype=torch.float64) + 0.5 - self.x) / self.side * 2
        rows = (torch.arange(height, dtype=torch.float64) + 0.5 - self.y) / self.side * 2
        grid = torch.stack(torch.broadcast_tensors(columns[None, :], rows[:, None]), dim=-1)[None]
        source = values[None].double().cpu()
        full = functional.grid_sample(source, grid, mode="bilinear", padding_mode="border", align_corners=False)[0]
        inside = (columns.abs() <= 1)[None, :] & (rows.abs() <= 1)[:, None]
        return np.asarray((full * inside).numpy())
