"""Convolution against torch, against brute force, and against itself by another way."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812, the usual name

from deep_learning.cnn import LeNet, conv2d, conv2d_loops, output_size

HEIGHT, WIDTH = 7, 9
GRID = list(itertools.product((1, 2, 3, 5), (1, 2, 3), (0, 1, 2), (1, 2)))  # kernel, stride, padding, dilation
FITTING = [case for case in GRID if case[3] * (case[0] - 1) + 1 <= HEIGHT + 2 * case[2]]


def draw(kernel, seed=0, height=HEIGHT, width=WIDTH, kernel_width=None):
    """Draw x (2, 3, H, W), weight (4, 3, K, K') and bias (4,) in double precision."""
    numbers = torch.Generator().manual_seed(seed)
    shapes = ((2, 3, height, width), (4, 3, kernel, kernel_width or kernel), (4,))
    return [torch.randn(shape, generator=numbers, dtype=torch.float64) for shape in shapes]


def test_grid_is_large():
    """The comparison with torch covers 69 configurations; the other 3 of the grid do not fit."""
    assert (len(GRID), len(FITTING)) == (72, 69)


@pytest.mark.formula("convolution#eq-conv")
@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), FITTING)
def test_conv2d_equals_torch(kernel, stride, padding, dilation):
    """conv2d gives torch's result and torch's gradients for x, weight and bias."""
    ours = [tensor.requires_grad_() for tensor in draw(kernel)]
    theirs = [tensor.requires_grad_() for tensor in draw(kernel)]
    got = conv2d(*ours, stride, padding, dilation)
    want = F.conv2d(*theirs, stride=stride, padding=padding, dilation=dilation)
    torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)
    direction = torch.arange(want.numel(), dtype=torch.float64).reshape(want.shape) / want.numel()
    for a, b in zip(torch.autograd.grad(got, ours, direction), torch.autograd.grad(want, theirs, direction), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


@pytest.mark.formula("convolution#eq-conv")
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    kernel=st.integers(1, 3),
    kernel_width=st.integers(1, 3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    height=st.integers(5, 7),
    width=st.integers(5, 7),
    seed=st.integers(0, 99),
)
def test_loops_equal_torch(kernel, kernel_width, stride, padding, dilation, height, width, seed):
    """The loops of the formula give torch's result, also for oblong images and kernels."""
    x, weight, bias = draw(kernel, seed, height, width, kernel_width)
    got = conv2d_loops(x.numpy(), weight.numpy(), bias.numpy(), stride, padding, dilation)
    want = F.conv2d(x, weight, bias, stride, padding, dilation).numpy()
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10)


@pytest.mark.formula("convolution#eq-conv")
def test_kernel_is_not_flipped():
    """A kernel with a single 1 in its upper left corner copies the upper left pixel: cross-correlation."""
    x = torch.arange(4.0).reshape(1, 1, 2, 2)
    weight = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
    assert conv2d(x, weight).item() == 0.0
    assert conv2d_loops(x.numpy(), weight.numpy()).item() == 0.0


def test_single_precision_stays_within_1e_5():
    """In the precision that the networks use, the difference from torch is below 1e-5."""
    x, weight, bias = (tensor.float() for tensor in draw(5))
    assert (conv2d(x, weight, bias, 1, 2) - F.conv2d(x, weight, bias, padding=2)).abs().max() < 1e-5


@pytest.mark.formula("convolution#eq-size")
@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    size=st.integers(1, 20),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 4),
    padding=st.integers(0, 4),
    dilation=st.integers(1, 3),
)
def test_output_size_counts_positions(size, kernel, stride, padding, dilation):
    """output_size is the number of kernel positions found by walking along the padded axis."""
    last_tap = dilation * (kernel - 1)
    positions = [start for start in range(-padding, size + padding, stride) if start + last_tap < size + padding]
    if positions:
        assert output_size(size, kernel, stride, padding, dilation) == len(positions)
    else:
        with pytest.raises(ValueError, match=f"spans {last_tap + 1} pixels"):
            output_size(size, kernel, stride, padding, dilation)


@pytest.mark.formula("convolution#eq-size")
@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), FITTING)
def test_output_size_equals_torch(kernel, stride, padding, dilation):
    """output_size is the height and width of what torch returns."""
    x, weight, _ = draw(kernel)
    want = F.conv2d(x, weight, stride=stride, padding=padding, dilation=dilation).shape[2:]
    assert tuple(output_size(size, kernel, stride, padding, dilation) for size in (HEIGHT, WIDTH)) == tuple(want)


@pytest.mark.parametrize("convolve", [conv2d, lambda x, weight: conv2d_loops(x.numpy(), weight.numpy())])
def test_sizes_that_do_not_fit_are_refused(convolve):
    """A kernel larger than the padded input, other channels or other ranks raise ValueError with the sizes."""
    with pytest.raises(ValueError, match=r"spans 5 pixels, but the input has 4 \(4 \+ 2 \* 0 padding\)"):
        convolve(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 5, 5))
    with pytest.raises(ValueError, match=r"x has 3 channels, but the weight \(4, 2, 3, 3\) reads 2"):
        convolve(torch.zeros(1, 3, 8, 8), torch.zeros(4, 2, 3, 3))
    with pytest.raises(ValueError, match=r"\(B, C, H, W\)"):
        convolve(torch.zeros(3, 8, 8), torch.zeros(4, 3, 3, 3))


@pytest.mark.parametrize("arguments", [(0, 1), (8, 0), (8, 3, 0), (8, 3, 1, -1), (8, 3, 1, 0, 0)])
def test_arguments_out_of_range_are_refused(arguments):
    """Sizes, strides and dilations below 1 and negative padding raise ValueError."""
    with pytest.raises(ValueError, match="at least"):
        output_size(*arguments)


@pytest.mark.formula("convolution#eq-gradient")
def test_gradient_of_cross_entropy_is_softmax_minus_onehot():
    """The gradient with respect to the logits is p - onehot(y) for each example."""
    z = torch.randn(6, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    labels = torch.tensor([0, 9, 3, 3, 5, 1])
    F.cross_entropy(z, labels, reduction="sum").backward()  # a mean would divide the gradient by 6
    powers = np.exp(z.detach().numpy())
    want = powers / powers.sum(axis=1, keepdims=True) - np.eye(10)[labels]
    np.testing.assert_allclose(z.grad.numpy(), want, rtol=0, atol=1e-12)


def test_lenet_has_38282_parameters():
    """The parameters are those of two 3x3 convolutions and two linear layers, counted by hand."""
    by_hand = 16 * (1 * 9 + 1) + 32 * (16 * 9 + 1) + 64 * (32 * 4 * 4 + 1) + 10 * (64 + 1)
    assert sum(parameter.numel() for parameter in LeNet().parameters()) == by_hand == 38282


def test_lenet_is_its_formula():
    """LeNet's logits are those computed with the convolution of this package and NumPy."""
    torch.manual_seed(0)
    model, images = LeNet().double(), torch.rand(3, 1, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        maps = conv2d(images, model.conv1.weight, model.conv1.bias, padding=1).clamp(min=0).numpy()
        maps = maps.reshape(3, 16, 4, 2, 4, 2).max(axis=(3, 5))  # the largest of each 2x2 square
        maps = conv2d(torch.tensor(maps), model.conv2.weight, model.conv2.bias, padding=1).clamp(min=0)
        torch.testing.assert_close(model.features(images), maps)
        code = np.maximum(maps.numpy().reshape(3, -1) @ model.hidden.weight.numpy().T + model.hidden.bias.numpy(), 0)
        logits = code @ model.output.weight.numpy().T + model.output.bias.numpy()
        np.testing.assert_allclose(model(images).numpy(), logits, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 3, 8, 8), (2, 1, 9, 9), (2, 64)])
def test_lenet_refuses_other_shapes(shape):
    """Images that are not (B, 1, 8, 8) raise ValueError with their shape."""
    with pytest.raises(ValueError, match=r"\(B, 1, 8, 8\), not \(" + ", ".join(map(str, shape))):
        LeNet()(torch.zeros(shape))
