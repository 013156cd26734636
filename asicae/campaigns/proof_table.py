"""What is proven, and the mutations that each property must refute.

Numbers of the chip are of econ-t; else sizes are small, where they only repeat a pattern.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from asicae.campaigns.layer_proofs import ROUNDINGS, SIGNS, layers
from asicae.campaigns.proofs import Change, Property
from asicae.chip import blocks
from asicae.chip.design import design_of
from asicae.export.layers import verilog_parameters
from asicae.export.rtl import ADAPTIVE_CHOICE
from asicae.network.description import Network

NETWORK: Final = "econ-t"
LEAVES: Final = {"": "multipliers", "radix4/neuron.v": "radix-4 digits"}
LAYER: Final = (
    *("ACC_WIDTH", "SHIFT", "OUT_WIDTH", "OUT_SIGNED"),
    *("ROUNDING", "OVERFLOW", "RELU"),
)


def properties() -> tuple[Property, ...]:
    """All rows, each with a name of its own."""
    network = Network.preset(NETWORK)
    return tuple(
        row
        for part in (
            _triplication(),
            _numbers(network),
            _sums(),
            layers(),
            _i2c(),
            _registers(network),
            _events(),
        )
        for row in part
    )


def _triplication() -> Iterator[Property]:
    yield Property(
        "voter",
        "each bit of the vote is what two copies have",
        "voter_majority",
        (Change("voter.v", "(a_i & c_i)", "(a_i & b_i)"),),
        quick=True,
    )
    yield Property(
        "triplicated register",
        "anything wrong in one copy is outvoted and told, and each copy loads its own",
        "tmr_register_upset",
        (
            Change("tmr_register.v", "{voted_c, voted_b, voted_a}", "{voted_c, copy_b, voted_a}"),
            Change("tmr_register.v", "|| (copy_a != copy_c)", ""),
            Change("tmr_copy.v", "state_q <= RESET", "state_q <= d_i"),
        ),
        {"RESET": "4'b0110"},
        steps=2,
        quick=True,
    )
    gated = "tmr_gated_register.v"
    yield Property(
        "triplicated register behind gated clocks",
        "the same, where all clocks run",
        "tmr_register_upset",
        (
            Change(gated, "{voted_c, voted_b, voted_a}", "{voted_c, copy_b, voted_a}"),
            Change(gated, "(copy_a != copy_b) || (copy_a != copy_c)", "copy_a != copy_c"),
            Change(gated, ".rst_ni(rst_ni[1])", ".rst_ni(rst_ni[0])"),
        ),
        {"RESET": "4'b0110", "GATED": 1},
        steps=2,
        quick=True,
    )
    for clear, what in enumerate(("holds", "is zero")):
        yield Property(
            f"register rank that {what}",
            f"it loads what is valid and {what} otherwise, with anything wrong in one copy; "
            "in reset it holds nothing",
            "pipeline_rank_upset",
            (
                Change("pipeline_rank.v", "valid_i[copy] && enable_i[copy]", "valid_i[copy]"),
                Change("pipeline_rank.v", "&& enable_i[copy]", "&& enable_i[0]"),
                Change("pipeline_rank.v", "valid_error || data_error", "data_error"),
                Change("pipeline_rank.v", ".RESET(1'b0)", ".RESET(1'b1)"),
            ),
            {"CLEAR": clear},
            steps=2,
            quick=True,
        )
    yield Property(
        "weight bank",
        "a write changes its byte alone, with anything wrong in one copy of a word or of the write",
        "weight_bank_upset",
        (
            Change("byte_merge.v", "{8{load[1]}}", "{8{load[0]}}"),
            Change("weight_bank.v", "write_byte_i[15*copy+2+:13]", "write_byte_i[2+:13]"),
        ),
        steps=2,
    )
    word = "tmr_gated_word.v"
    for voters, of in ((1, "a word"), (3, "a word or of the write")):
        copies = (
            Change(word, "{4{select_i[0]}}", "{4{select_i[1]}}"),
            Change(word, "clear_i[C]", "clear_i[0]"),
            Change(word, "lane_i[4*B+:4]", "lane_i[0+:4]"),
        )
        yield Property(
            f"word of the gated bank, voters: {voters}",
            f"a write changes its byte alone, with anything wrong in one copy of {of}",
            "tmr_gated_word_upset",
            (
                Change(word, "|| (copy_a != copy_c)", ""),
                Change(word, "{8{load[1]}}", "{8{load[0]}}"),
                *(copies if voters == 3 else ()),
            ),
            {"VOTERS": voters},
            steps=2,
            quick=True,
        )
    yield Property(
        "filter of the reset pin",
        "low where the pin is low and was, and nowhere else: a short pulse is none",
        "glitch_filter_both",
        (
            Change("glitch_filter.v", "||", "&&"),
            Change("glitch_filter.v", "now_i || then_i", "now_i"),
        ),
        quick=True,
    )
    yield Property(
        "reset control",
        "all copies at once while the pin is low, released in one clock, none by one flip-flop",
        "reset_control_upset",
        (
            Change("reset_control.v", "third_q[(copy + 1) % 3] &&", "third_q[(copy + 1) % 3] ||"),
            Change("glitch_filter.v", "now_i || then_i", "1'b1"),
        ),
        steps=8,
        quick=True,
    )


def _numbers(network: Network) -> Iterator[Property]:
    modes = (
        Change("requantise.v", "LOWEST + 1'b1", "LOWEST"),
        Change("requantise.v", "(ROUNDING == RND_INF) && !negative", "(ROUNDING == RND_INF)"),
    )
    for shift in (1, 3):
        yield Property(
            f"requantiser, {shift} bits dropped",
            "8 roundings, 4 overflows, both signs, with and without ReLU, of 7 bits to 3",
            "requantise_modes",
            modes,
            {"SHIFT": shift},
            quick=shift == 1,
        )
    yield Property(
        "requantiser, none dropped",
        "8 roundings, 4 overflows, both signs, with and without ReLU, of 7 bits to 3",
        "requantise_modes",
        modes[:1],
        {"SHIFT": 0},
    )
    for plan in network.plans:
        numbers = verilog_parameters(plan)
        yield Property(
            f"requantiser of {NETWORK}, {plan.name}",
            f"{numbers['ACC_WIDTH']} bits to {numbers['OUT_WIDTH']}, as the layer has it",
            "requantise_layer",
            (Change("requantise.v", "&& odd", "&& !odd"),),
            {name: numbers[name] for name in LAYER},
        )
    for signed, sign in enumerate(SIGNS):
        yield Property(
            f"normaliser, {sign} codes",
            "codes of two charges in 8 roundings and 4 overflows; the sum in 5E4M",
            "normaliser_codes",
            (
                Change("normaliser_cell.v", "scaled >> msb_i", "scaled >> (msb_i | 1'b1)"),
                Change("normaliser.v", "bit_index < TOTAL_WIDTH", "bit_index < TOTAL_WIDTH - 1"),
                Change("normaliser.v", "LARGEST_EXACT_MSB = 3", "LARGEST_EXACT_MSB = 4"),
            ),
            {"CODE_SIGNED": signed},
        )
    yield Property(
        "normaliser, whole codes",
        "the same with no bit right of the point, where rounding looks at one at most",
        "normaliser_codes",
        (Change("normaliser.v", "(LARGEST > 0) ?", "(LARGEST > 1) ?"),),
        {"CODE_FRACTION": 0},
    )
    sizes = blocks.kept_words(network)
    yield Property(
        f"latent packer of {NETWORK}",
        "each bit is that of the latent where it is kept, and zero elsewhere",
        "latent_packer_keep",
        (Change("latent_packer.v", "data_i & keep_i", "data_i | keep_i"),),
        {"LATENTS": sizes.count, "WIDTH": sizes.width},
        quick=True,
    )


def _sums() -> Iterator[Property]:
    yield Property(
        "bit heap",
        "12 bits in columns of 5, 2, 5 and none are the sum of their weights",
        "bit_heap_sum",
        (
            Change("bit_heap.v", "bits[HERE+3*number+2]", "bits[HERE+3*number+1]"),
            Change("full_adder.v", "(a_i | b_i)", "(a_i ^ b_i ^ c_i)"),
        ),
        quick=True,
    )
    for data, weights in ((0, 0), (0, 1), (1, 0), (1, 1)):
        yield Property(
            f"sum of products, {SIGNS[data]} data, {SIGNS[weights]} weights",
            "two products of 3 bits each, multiplied and in radix 4, are their sum with the addend",
            "sums_of_products",
            (
                Change("mac.v", "total + factor", "total - factor"),
                Change("radix4_digit.v", "low & carry_i", "low | carry_i"),
                Change("radix4_sum.v", "- EXCESS", "- EXCESS - 1"),
            ),
            {"INPUT_SIGNED": data, "WEIGHT_SIGNED": weights},
        )
    for variant, leaf in LEAVES.items():
        for rounding, name in ROUNDINGS.items():
            yield Property(
                f"neuron of {leaf}, {name}",
                "bias and three products in one exact sum, requantised",
                "neuron_sum",
                (Change(variant or "neuron.v", "<< BIAS_SHIFT", "<< (BIAS_SHIFT + 1)"),),
                {"ROUNDING": rounding, "PRODUCT_SHIFT": 1},
                variant=(variant,) if variant else (),
            )


def _i2c() -> Iterator[Property]:
    logic = "i2c_target_logic.v"
    for first, order in enumerate(("low", "high")):
        yield Property(
            f"I2C target, {order} byte first",
            "from every state: SDA is not pulled in IDLE or LOST, states that are none end there, "
            "bytes go where they may, the address moves by them alone",
            "i2c_target_logic_step",
            (
                Change(logic, "state_d == IDLE || state_d == LOST", "state_d == LOST"),
                Change(logic, "state_q >= LOST || bit_q > ACK_DONE", "state_q >= LOST"),
                Change(logic, "(shift_q[7:1] == DEVICE_ADDRESS)", "(shift_q[7:2] == 6'h10)"),
                Change(logic, "readable_i ? read_data_i", "1'b1 ? read_data_i"),
            ),
            {"MSB_FIRST": first},
            quick=True,
        )
    scene = "i2c_target_logic_lines"
    yield Property(
        "I2C target, idle bus",
        "every state that is none is IDLE after a bus that is idle for 1 us",
        scene,
        (Change(logic, "quiet_q + 5'd1", "quiet_q + 5'd0"),),
        {"SCENE": 0, "LAST": 40},
        steps=42,
    )
    yield Property(
        "I2C target, STOP",
        "every state there is is IDLE, and SDA free, after a STOP that is held for 300 ns",
        scene,
        (Change(logic, "condition && sda", "condition && sda && state_q != READ"),),
        {"SCENE": 1, "LAST": 22},
        steps=24,
    )
    yield Property(
        "I2C target, START",
        "in IDLE a START that is held for 300 ns is one, whatever came before",
        scene,
        (Change(logic, "settle_q - 3'd1", "settle_q"),),
        {"SCENE": 2, "LAST": 22},
        steps=24,
    )
    yield Property(
        "I2C target, spike",
        "50 ns on one line that rests or both, in any state, is no edge, START, STOP or byte",
        scene,
        (Change(logic, "(sync_i & delay1_q & delay2_q)", "(sync_i & delay1_q)"),),
        {"SCENE": 3, "SPIKE": 2},
        steps=12,
    )


def _registers(network: Network) -> Iterator[Property]:
    logic = "register_file_logic.v"
    parameters = design_of(network).blocks["u_register_file"].parameters
    yield Property(
        f"register file of {NETWORK}",
        "from every state: decoder, reads, ENABLE and its demand, CRC, mask, upset counter",
        "register_file_logic_step",
        (
            Change(logic, "report_i[5] && (errors_before", "report_i[4] && (errors_before"),
            Change(logic, "(enable_q || !required_d || match)", "(!required_d || match)"),
            Change(logic, "busy_q && !read_i) begin", "busy_q) begin"),
            Change(logic, "      busy_d = 1'b1;\n      done_d = 1'b0;", "      busy_d = 1'b1;"),
        ),
        _numbers_of(parameters) | {"KEEP_BYTES": -(-blocks.kept_words(network).bits // 8)},
    )
    yield Property(
        "CRC-32",
        "a byte of it is eight steps of division by the polynomial",
        "crc32_division",
        (Change("crc32.v", "32'hEDB88320", "32'hEDB88321"),),
        quick=True,
    )


def _numbers_of(parameters: Mapping[str, "int | blocks.Sized"]) -> dict[str, int | str]:
    return {
        name: f"{value.width}'d{value.value}" if isinstance(value, blocks.Sized) else value
        for name, value in parameters.items()
        if name != "KEEP_BITS"
    }


def _events() -> Iterator[Property]:
    rank = f"{ADAPTIVE_CHOICE}/event_rank.v"
    mutations = (Change(rank, "if (load_i)", "if (1)"), Change(rank, "& {WIDTH{load_i}}", ""))
    for clear, what in enumerate(("holds", "is zero")):
        yield Property(
            f"rank of an event that {what}",
            f"it loads what it is told to, and {what} otherwise",
            "event_rank_load",
            (mutations[clear],),
            {"CLEAR": clear},
            steps=2,
            variant=(rank,),
            quick=True,
        )
