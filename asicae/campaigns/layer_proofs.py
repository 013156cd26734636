"""What is proven of layers: that each output sees what it should, and adds it up.

Sizes are small; they differ along rows, columns and channels.
"""

from collections.abc import Iterator
from typing import Final

from asicae.campaigns.proofs import Change, Property

SIGNS: Final = ("unsigned", "signed")
"""By whether there is a sign."""
ROUNDINGS: Final = {0: "TRN", 2: "RND", 6: "RND_CONV"}
"""By their numbers; all of them are proven of the requantiser, and of sums without weights."""


def layers() -> Iterator[Property]:
    """A row or more of each kind of layer."""
    yield from _weighted()
    yield from _pools()
    yield from _sums()
    yield from _slopes()


def _weighted() -> Iterator[Property]:
    yield Property(
        "convolution",
        "6 positions of 2 filters see what lies in their window and is not dead",
        "conv2d_taps",
        (
            Change("conv2d.v", "row >= 0", "row > 0"),
            Change("conv2d.v", "col < IN_COLS", "col <= IN_COLS"),
            Change("conv2d.v", "+tap%IN_CHANNELS", "+(tap+1)%IN_CHANNELS"),
            Change("conv2d.v", "(INDEX*FILTERS+filter)", "(INDEX*FILTERS)"),
        ),
    )
    yield Property(
        "fully connected layer",
        "3 units see all inputs that are not dead, each with its weight",
        "dense_taps",
        (
            Change("dense.v", "(INDEX*UNITS+unit)", "(tap*UNITS+unit)"),
            Change("dense.v", "if (live[index])", "if (1'b1)"),
        ),
    )
    file = "graph/depthwise_conv2d.v"
    yield Property(
        "convolution channel by channel",
        "4 positions of 2 kernels for each of 2 channels see what lies in their window of that "
        "channel and is not dead",
        "depthwise_conv2d_taps",
        (
            Change(file, "row >= 0", "row > 0"),
            Change(file, "col < IN_COLS", "col <= IN_COLS"),
            Change(file, "CHANNELS + channel;", "CHANNELS;"),
            Change(file, "(INDEX*CHANNELS+channel)", "(tap*CHANNELS+channel)"),
            Change(file, "*MULTIPLIER+number)*W", "*MULTIPLIER)*W"),
            Change(file, "if (LIVE[(row*IN_COLS+col)*CHANNELS+channel])", "if (1'b1)"),
        ),
        variant=(file,),
    )


def _pools() -> Iterator[Property]:
    pool, leaf = "graph/max_pool.v", "graph/largest.v"
    for signed, sign in enumerate(SIGNS):
        # No word without a sign is under the zero that is begun with.
        first = (Change(leaf, "!found ||", ""),) if signed else ()
        yield Property(
            f"largest of a window, {sign}",
            "6 windows of 2 channels: a number of the window and not less than any in it, without "
            "what lies outside the image; what is dead is zero",
            "max_pool_largest",
            (
                Change(pool, "row >= 0", "row > 0"),
                Change(pool, "row < IN_ROWS", "row <= IN_ROWS"),
                Change(pool, "LIVE[SOURCE] ? data_i", "1'b1 ? data_i"),
                *first,
                Change(leaf, "(word ^ SIGN) >", "(word ^ SIGN) <"),
                Change(leaf, "(SIGNED != 0)", "(SIGNED == 0)"),
            ),
            {"SIGNED": signed},
            variant=(pool, leaf),
        )
    pool, leaf = "graph/average_pool.v", "graph/total.v"
    for signed, rounding in ((0, 6), (1, 2), (1, 0)):
        yield Property(
            f"mean of a window, {SIGNS[signed]}, {ROUNDINGS[rounding]}",
            "4 windows of 8 numbers in 2 channels: their sum, an eighth of it, rounded",
            "average_pool_means",
            (
                Change(pool, "out_row * STRIDE_ROWS + place", "out_row + 1 + place"),
                Change(pool, "IN_COL) * CHANNELS + channel", "IN_COL) * CHANNELS"),
                Change(pool, "LIVE[(row*IN_COLS+col)*CHANNELS+channel]", "1'b1"),
                Change(leaf, "(INPUT_SIGNED != 0)", "(INPUT_SIGNED == 0)"),
            ),
            {"INPUT_SIGNED": signed, "ROUNDING": rounding},
            variant=(pool, leaf),
        )


def _sums() -> Iterator[Property]:
    leaf = "graph/total.v"
    yield Property(
        "sum without weights",
        "8 roundings, both signs of three inputs and of the sum; inputs as wide as it, and wider",
        "total_modes",
        (
            Change(leaf, "if (LIVE[index])", "if (1'b1)"),
            Change(leaf, "(INPUT_SIGNED != 0)", "1'b1"),
            Change(leaf, "? ACC_WIDTH :", "? ACC_WIDTH - 1 :"),
            Change(leaf, "term << PRODUCT_SHIFT", "term"),
        ),
        variant=(leaf,),
    )
    file = "graph/add.v"
    for signed, rounding in ((0, 6), (1, 2)):
        yield Property(
            f"sum of nodes, {SIGNS[signed]}, {ROUNDINGS[rounding]}",
            "4 places of 3 nodes, each the sum of what all have there",
            "add_sum",
            (
                Change(file, "LIVE[operand*VALUES+place]", "1'b1"),
                Change(file, "(term*VALUES+value)", "(term+value*OPERANDS)"),
            ),
            {"INPUT_SIGNED": signed, "ROUNDING": rounding},
            variant=(file, leaf),
            quick=True,
        )


def _slopes() -> Iterator[Property]:
    file = "graph/leaky_relu.v"
    for signed, rounding in ((0, 6), (1, 6), (1, 2)):
        # Only numbers with a sign can be below zero.
        below = (Change(file, "negative ? number :", ""),) if signed else ()
        yield Property(
            f"slope below zero, {SIGNS[signed]}, {ROUNDINGS[rounding]}",
            "3 numbers, one of them dead: each itself, or a quarter of it below zero, rounded once",
            "leaky_relu_slopes",
            (
                Change(file, "(INPUT_SIGNED != 0)", "(INPUT_SIGNED == 0)"),
                Change(file, "LIVE[value] ? data_i", "1'b1 ? data_i"),
                Change(file, "number << HALVINGS", "number"),
                Change(file, "sloped << PRODUCT_SHIFT", "sloped"),
                *below,
            ),
            {"INPUT_SIGNED": signed, "ROUNDING": rounding},
            variant=(file,),
            quick=True,
        )
