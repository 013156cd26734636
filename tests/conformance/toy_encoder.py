"""A pipeline with a rank more than the parallel one: the charges as they come."""

from collections.abc import Iterator
from contextlib import contextmanager

import jinja2
import pytest

from asicae.chip import blocks
from asicae.chip.configuration import Configuration
from asicae.chip.encoders.pipeline import Pipeline
from asicae.chip.encoders.table import PIPELINES
from asicae.chip.layer_blocks import layers
from asicae.chip.microarchitectures import MICROARCHITECTURES, Microarchitecture
from asicae.export import templates
from asicae.network.description import Network


def _data_path(network: Network, built: Configuration) -> tuple[blocks.Block, ...]:
    del built
    total = blocks.sum_words()
    return (
        blocks.rank(1, (blocks.charge_words(),), clear=False),
        blocks.normaliser(network),
        blocks.rank(2, (blocks.code_words(network), total), clear=False),
        *layers(network),
        blocks.packer(network),
        blocks.rank(3, (blocks.kept_words(network), total), clear=True),
    )


PIPELINE = Pipeline("toy", latency_bx=3, interval_bx=1, data_path=_data_path)
TOY = Microarchitecture("toy", "shows how", "experimental", Configuration(pipeline="toy"))
TEMPLATE = """\
{% from "layers.v.j2" import layer_wires, layer_chain with context %}
{% macro rank(number, enters, leaves) %}
  pipeline_rank #(
{{ parameters["u_rank%d" % number] }}
  ) u_rank{{ number }} (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .enable_i(enable),
{%- set before = "{valid_i, valid_i, valid_i}" if number == 1 else "rank%d_valid" % (number - 1) %}
      .valid_i({{ before }}),
      .data_i({{ enters }}),
      .valid_o(rank{{ number }}_valid),
      .data_o({{ leaves }}),
      .error_o(rank{{ number }}_error)
  );
{% endmacro %}
{% macro data_path_wires() -%}
  // Data path.
  wire [2:0] rank1_valid;
  wire [2:0] rank2_valid;
  wire [2:0] rank3_valid;
  wire unused_valid;
  wire [{{ design.port("calq_i").width - 1 }}:0] charges;
  wire [{{ design.blocks["u_normaliser"].outputs["code_o"][0].bits - 1 }}:0] normalised;
  wire [{{ design.blocks["u_normaliser"].outputs["code_o"][0].bits - 1 }}:0] codes;
  wire [{{ design.port("sum_o").width - 1 }}:0] module_sum;
  wire [{{ design.port("sum_o").width - 1 }}:0] rank2_sum;
{{- layer_wires() }}
  wire [{{ design.port("latent_o").width - 1 }}:0] masked;
{%- endmacro %}
{% macro data_path() -%}
{{ rank(1, "calq_i", "charges") }}
  normaliser #(
{{ parameters["u_normaliser"] }}
  ) u_normaliser (
      .calq_i(charges),
      .code_o(normalised),
      .sum_o(module_sum)
  );
{{ rank(2, "{module_sum, normalised}", "{rank2_sum, codes}") }}
{{ layer_chain() }}
  latent_packer #(
{{ parameters["u_latent_packer"] }}
  ) u_latent_packer (
      .data_i({{ layers[-1].output }}),
      .keep_i(keep),
      .latent_o(masked)
  );
{{ rank(3, "{rank2_sum, masked}", "{sum_o, latent_o}") }}
  assign valid_o = rank3_valid[0];
  assign unused_valid = ^rank3_valid[2:1];
{%- endmacro %}
"""


@contextmanager
def registered() -> Iterator[None]:
    """The toy is in the tables, and its template beside the others."""
    loader = templates._ENVIRONMENT.loader
    assert loader is not None
    own = jinja2.DictLoader({f"encoders/{PIPELINE.name}.v.j2": TEMPLATE})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PIPELINES, PIPELINE.name, PIPELINE)
        patch.setitem(MICROARCHITECTURES, TOY.name, TOY)
        patch.setattr(templates._ENVIRONMENT, "loader", jinja2.ChoiceLoader([own, loader]))
        yield
