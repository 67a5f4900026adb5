#include "xas_options.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/text_table.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace study = lithoscope::study;
namespace xas = lithoscope::xas;
namespace {

std::optional<double> optional_in(const std::string& flag, const std::string& text, const char* unit) {
  if (text.empty()) return std::nullopt;
  return number_in(flag, text, unit, 0);
}

xas::Normalisation normalisation_of(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, xas::Normalisation>, 5> all{
      {{"none", xas::Normalisation::none},
       {"edge", xas::Normalisation::edge},
       {"flat", xas::Normalisation::flat},
       {"maximum", xas::Normalisation::maximum},
       {"area", xas::Normalisation::area}}};
  for (const auto& [name, value] : all) {
    if (text == name) return value;
  }
  throw core::UsageError(
      {.what = "--normalise knows five ways", .expected = "edge, flat, maximum, area or none", .found = text});
}

}  // namespace

double number_in(const std::string& flag, const std::string& text, const char* unit, double otherwise) {
  if (text.empty()) return otherwise;
  if (const auto plain = io::to_number(text)) return *plain;
  if (std::string_view{unit} != "1") return core::parse_quantity(text, unit).value;
  throw core::UsageError({.what = flag + " takes a number", .expected = "a plain number", .found = text});
}

void add_xas_options(Command& command, XasOptions& options) {
  command.heading("Which columns make the spectrum [the usual ones of such a file]");
  command.text("--energy", options.energy, "column of the photon energy");
  command.texts("--signal", options.signal, "column of the signal; several are added up");
  command.text("--i0", options.i0, "column to divide by; none: a raw yield is not divided");
  command.flag("--transmission", options.transmission, "the logarithm of I0 over the signal");
  command.text("--sigma", options.sigma, "column of standard deviations");
  command.flag("--counts", options.counts, "signal and I0 are counts: Poisson variances");
  command.text("--dark-signal", options.dark_signal, "subtracted from the signal, per row [0]");
  command.text("--dark-i0", options.dark_i0, "subtracted from I0, per row [0]");
  command.text("--energy-shift", options.energy_shift, "added to all energies, such as from a reference foil [0 eV]");
  command.text("--foil-signal", options.foil_signal, "column of a foil measured along");
  command.text("--foil-i0", options.foil_i0, "the beam before it");
  command.flag("--foil-transmission", options.foil_transmission, "the foil was measured in transmission");
  command.text("--foil-edge", options.foil_edge, "where the foil's edge belongs (eV): the spectrum is moved as much");
  command.text("--align", options.align, "FILE or FILE:SCAN onto whose shape the spectrum is moved");
  command.text("--align-prior", options.align_prior, "standard deviation of that shift [1 eV]");
  command.flag("--merge-repeats", options.merge_repeats, "put rows in order of energy and average those of one energy");
  command.flag("--deglitch", options.deglitch, "replace single rows far off a smooth curve, and say which");
  command.heading("Normalisation");
  command.text("--normalise", options.normalise, "edge, flat, maximum, area or none [edge]");
  command.text("--e0", options.e0, "edge energy (eV) [steepest rise]");
  command.text("--pre-from", options.pre_from, "where the line below the edge begins, relative to it (eV)");
  command.text("--pre-to", options.pre_to, "and ends");
  command.text("--pre-order", options.pre_order, "0 a constant, 1 a line [1; 0 for maximum and area]");
  command.text("--post-from", options.post_from, "where the curve above the edge begins, relative to it (eV)");
  command.text("--post-to", options.post_to, "and ends");
  command.text("--order", options.order, "of that curve, 0 to 5 [by its length]");
  command.text("--element", options.element, "where the file does not say, such as Mn");
  command.text("--edge", options.edge, "K, L3, L2 or L2,3, where the file does not say");
}

study::XasReading reading_of(const XasOptions& options) {
  study::XasReading out;
  xas::Channels channels{.energy = options.energy,
                         .signal = options.signal,
                         .i0 = options.i0,
                         .sigma = options.sigma,
                         .transmission = options.transmission,
                         .dark_signal = core::Value::exact(number_in("--dark-signal", options.dark_signal, "1", 0)),
                         .dark_i0 = core::Value::exact(number_in("--dark-i0", options.dark_i0, "1", 0)),
                         .counts = options.counts,
                         .energy_shift_eV = number_in("--energy-shift", options.energy_shift, "eV", 0),
                         .repeats = options.merge_repeats ? xas::Repeats::merge : xas::Repeats::refuse,
                         .deglitch = options.deglitch};
  out.channels = std::move(channels);
  out.normalisation = normalisation_of(options.normalise);
  out.edge = {.e0_eV = optional_in("--e0", options.e0, "eV"),
              .pre_from = optional_in("--pre-from", options.pre_from, "eV"),
              .pre_to = optional_in("--pre-to", options.pre_to, "eV"),
              .post_from = optional_in("--post-from", options.post_from, "eV"),
              .post_to = optional_in("--post-to", options.post_to, "eV"),
              .order = {},
              .pre_order = {}};
  if (const auto order = optional_in("--order", options.order, "1")) {
    if (!(*order >= 0 && *order <= 5) || *order != std::floor(*order))
      throw core::UsageError({.what = "--order counts from 0 to 5", .expected = "0 to 5", .found = options.order});
    out.edge.order = static_cast<int>(*order);
  }
  if (const auto order = optional_in("--pre-order", options.pre_order, "1")) {
    if (*order != 0 && *order != 1)
      throw core::UsageError({.what = "--pre-order is 0 or 1", .expected = "0 or 1", .found = options.pre_order});
    out.edge.pre_order = static_cast<int>(*order);
  }
  if (!options.foil_signal.empty()) {
    if (options.foil_edge.empty())
      throw core::UsageError(
          {.what = "--foil-signal needs --foil-edge", .expected = "the foil's edge energy", .found = "none"});
    out.foil = xas::Channels{.energy = options.energy,
                             .signal = {options.foil_signal},
                             .i0 = options.foil_i0,
                             .transmission = options.foil_transmission,
                             .repeats = options.merge_repeats ? xas::Repeats::merge : xas::Repeats::refuse};
    out.foil_edge_eV = number_in("--foil-edge", options.foil_edge, "eV", 0);
  } else if (!options.foil_edge.empty()) {
    throw core::UsageError(
        {.what = "--foil-edge needs --foil-signal", .expected = "the foil's column", .found = "none"});
  }
  if (!options.align.empty()) out.align = study::parse_scan_choice(options.align);
  out.align_prior_eV = number_in("--align-prior", options.align_prior, "eV", 1);
  out.element = options.element;
  out.edge_name = options.edge;
  return out;
}

}  // namespace litho
