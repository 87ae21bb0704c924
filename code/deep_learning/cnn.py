"""Convolution from its formula, twice, and a small network in the manner of LeNet.

What deep learning calls convolution is cross-correlation: the kernel is not flipped. For stride s,
padding p and dilation d,

    y[o, i, j] = b[o] + sum over c, u, v of w[o, c, u, v] * x[c, s*i + d*u - p, s*j + d*v - p]

where x is zero outside the image (Goodfellow, Bengio and Courville, Deep Learning, 2016, section 9.1).
"""

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812, the usual name


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return how many positions, in pixels, a kernel takes along an axis of `size` pixels.

    Raises ValueError where no position exists, or where an argument is out of range.
    """
    if min(size, kernel, stride, dilation) < 1 or padding < 0:
        raise ValueError(
            f"size {size}, kernel {kernel}, stride {stride} and dilation {dilation} must be at least 1, padding {padding} at least 0"
        )
    padded = size + 2 * padding
    reach = dilation * (kernel - 1) + 1  # pixels from the kernel's first tap to its last, both included
    if reach > padded:
        raise ValueError(
            f"a kernel of {kernel} with dilation {dilation} spans {reach} pixels, "
            f"but the input has {padded} ({size} + 2 * {padding} padding)"
        )
    return (padded - reach) // stride + 1


def check_channels(x_shape: tuple[int, ...], weight_shape: tuple[int, ...]) -> None:
    """Raise ValueError unless x is (B, C, H, W) and weight (O, C, K, K') with the same C."""
    if len(x_shape) != 4 or len(weight_shape) != 4:
        raise ValueError(f"x must be (B, C, H, W) and weight (O, C, K, K'), not {x_shape} and {weight_shape}")
    if x_shape[1] != weight_shape[1]:
        raise ValueError(f"x has {x_shape[1]} channels, but the weight {weight_shape} reads {weight_shape[1]}")


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Tensor:
    """Cross-correlate images x (B, C, H, W) with kernels weight (O, C, K, K'), giving (B, O, H', W').

    Lays out every patch as a column, so that the sum over c, u, v is one matrix product ("im2col":
    Chellapilla, Puri and Simard, 2006). Differentiable. Raises ValueError for sizes that do not fit.
    """
    check_channels(tuple(x.shape), tuple(weight.shape))
    batch, _, height, width = x.shape
    out_channels, _, kernel_h, kernel_w = weight.shape
    out_h = output_size(height, kernel_h, stride, padding, dilation)
    out_w = output_size(width, kernel_w, stride, padding, dilation)
    columns = F.unfold(x, (kernel_h, kernel_w), dilation, padding, stride)  # (B, C*K*K', H'*W')
    y = weight.flatten(1) @ columns  # (O, C*K*K') @ (B, C*K*K', H'*W') -> (B, O, H'*W')
    if bias is not None:
        y = y + bias[:, None]
    return y.reshape(batch, out_channels, out_h, out_w)


def conv2d_loops(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> np.ndarray:
    """Compute what `conv2d` does with one loop for each index of the formula; slow, and easy to check.

    x is (B, C, H, W), weight (O, C, K, K'), the result (B, O, H', W'). Raises ValueError as `conv2d` does.
    """
    check_channels(x.shape, weight.shape)
    batch, _, height, width = x.shape
    out_channels, _, kernel_h, kernel_w = weight.shape
    out_h = output_size(height, kernel_h, stride, padding, dilation)
    out_w = output_size(width, kernel_w, stride, padding, dilation)
    y = np.zeros((batch, out_channels, out_h, out_w), dtype=x.dtype)
    for n, o, i, j in np.ndindex(y.shape):
        y[n, o, i, j] = 0 if bias is None else bias[o]
        for c, u, v in np.ndindex(weight.shape[1:]):
            row = stride * i + dilation * u - padding
            column = stride * j + dilation * v - padding
            if 0 <= row < height and 0 <= column < width:  # x is zero outside the image
                y[n, o, i, j] += weight[o, c, u, v] * x[n, c, row, column]
    return y


class LeNet(nn.Module):
    """A classifier of 8x8 grey images in the manner of LeNet-5: 38,282 parameters.

    Kept from LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition",
    Proc. IEEE 86(11), 1998: convolution, pooling, convolution, then fully connected layers. Different:
    8x8 images instead of 32x32, 3x3 kernels instead of 5x5, ReLU instead of tanh, one max pooling instead of
    two trained averages, every map connected to every map, and softmax instead of radial basis functions.
    """

    def __init__(self, channels: tuple[int, int] = (16, 32), hidden: int = 64, classes: int = 10):
        super().__init__()
        first, second = channels
        self.conv1 = nn.Conv2d(1, first, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(first, second, kernel_size=3, padding=1)
        self.hidden = nn.Linear(second * 4 * 4, hidden)
        self.output = nn.Linear(hidden, classes)

    def features(self, images: Tensor) -> Tensor:
        """Return the maps (B, 32, 4, 4) of the last convolution for images (B, 1, 8, 8)."""
        if images.dim() != 4 or images.shape[1:] != (1, 8, 8):
            raise ValueError(f"LeNet reads images of shape (B, 1, 8, 8), not {tuple(images.shape)}")
        maps = F.relu(self.conv1(images))  # (B, 16, 8, 8)
        maps = F.max_pool2d(maps, 2)  # (B, 16, 4, 4)
        return F.relu(self.conv2(maps))  # (B, 32, 4, 4)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (B, 10) of images (B, 1, 8, 8). Raises ValueError for another shape."""
        maps = self.features(images)  # (B, 32, 4, 4)
        code = F.relu(self.hidden(maps.flatten(1)))  # (B, 512) -> (B, 64)
        return self.output(code)  # (B, 10)
