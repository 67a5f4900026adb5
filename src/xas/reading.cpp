#include "lithoscope/xas/reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "column_names.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/probe/probe.hpp"
#include "lithoscope/xas/compare.hpp"

namespace lithoscope::xas {
namespace {

constexpr std::array<std::string_view, 5> normalisation_words{"none", "edge", "flat", "maximum", "area"};

}  // namespace

std::span<const core::Setting<ColumnSettings>> column_settings_table() {
  using S = ColumnSettings;
  using T = core::Setting<S>;
  static const std::array table{
      T{"energy", "", &S::energy, "Column of the photon energy", 0, 1e15, "the usual one"},
      T{"signal", "", &S::signal, "Column of the signal; several are added up", 0, 1e15, "the usual one"},
      T{"i0", "", &S::i0, "Column of the beam before the sample; raw yields are divided by it (disable with none)", 0,
        1e15, "the usual one"},
      T{"transmission", "", &S::transmission, "The signal is the beam behind the sample: ln(i0/signal) is taken"},
      T{"sigma", "", &S::sigma, "Column of the standard deviations of the spectrum", 0, 1e15, "the usual one"},
      T{"counts", "", &S::counts, "Signal and I0 count single quanta, so that their noise is known"},
      T{"dark_signal", "1", &S::dark_signal, "Dark counts of the signal in each row, in the column's own numbers",
        -1e15},
      T{"dark_i0", "1", &S::dark_i0, "Dark counts of I0 in each row, in the column's own numbers", -1e15},
      T{"energy_shift", "eV", &S::energy_shift_eV, "Shift that is added to the energies", -1e6, 1e6},
      T{"foil_signal", "", &S::foil_signal, "Column of a reference foil that was measured along with the sample"},
      T{"foil_i0", "", &S::foil_i0, "Column of the beam before the foil"},
      T{"foil_transmission", "", &S::foil_transmission, "The foil was measured in transmission"},
      T{"foil_edge", "eV", &S::foil_edge_eV, "Energy where the foil's edge belongs: the spectrum is moved as much"},
      T{"align_prior", "eV", &S::align_prior_eV, "Standard deviation of the shift onto the spectrum of align", 1e-6,
        1000},
      T{"merge_repeats", "", &S::merge_repeats, "Put rows in order of energy and average those of one energy"},
      T{"deglitch", "", &S::deglitch, "Replace single rows far off a smooth curve, and report which"},
      T{"rebin", "eV", &S::rebin_eV,
        "Average the rows of a quick scan over steps of this width near the edge, wider ones below it, and 0.05 per "
        "angstrom of the wave number far above",
        1e-3, 100, "as measured"},
      T{"yields.tey", "", &S::tey, "Column of the electron yield, where no signal is given"},
      T{"yields.tfy", "", &S::tfy, "Column of the fluorescence yield, where no signal is given"},
      T{"yields.monitor", "", &S::monitor, "Column of the beam before the sample, where no i0 is given"}};
  return table;
}

std::span<const core::Setting<NormalisationSettings>> normalisation_settings_table() {
  using S = NormalisationSettings;
  using T = core::Setting<S>;
  static const std::array table{
      T{"normalise", "", core::choice_of<&S::how, S>(normalisation_words),
        "What a spectrum is divided by: the edge's height, the same with the curve above made flat, the maximum, the "
        "area, or nothing"},
      T{"e0", "eV", &S::e0_eV, "Edge energy", 0, 1e6, "the steepest rise"},
      T{"pre_from", "eV", &S::pre_from, "Start of the pre-edge range, relative to e0", -1e6, 1e6, "by its length"},
      T{"pre_to", "eV", &S::pre_to, "End of the pre-edge range, relative to e0", -1e6, 1e6, "by its length"},
      T{"pre_order", "1", &S::pre_order, "Order of the curve below the edge: 0 a constant, 1 a line", 0, 1,
        "1; 0 for maximum and area"},
      T{"post_from", "eV", &S::post_from, "Start of the range above the edge, relative to e0", -1e6, 1e6,
        "by its length"},
      T{"post_to", "eV", &S::post_to, "End of the range above the edge, relative to e0", -1e6, 1e6, "by its length"},
      T{"order", "1", &S::order, "Order of the polynomial above the edge, 0 to 5", 0, 5, "by its length"},
      T{"element", "", &S::element, "Element of the edge where the file does not say, such as Mn"},
      T{"edge", "", &S::edge_name,
        "Edge where the file does not say: K, L3, L2 or L2,3; also with its element: Ni L3"}};
  return table;
}

std::vector<core::SettingInfo> reading_settings() {
  return probe::joined({core::setting_infos(column_settings_table(), "Which columns make the spectrum"),
                        core::setting_infos(normalisation_settings_table(), "Normalisation")});
}

std::string ScanChoice::title() const {
  const std::string file = std::filesystem::path(path).filename().string();
  return scan.empty() ? file : file + ":" + scan;
}

ElementAndEdge parse_edge(const std::string& text) {
  const std::string word{core::trimmed(text)};
  const auto blank = word.find(' ');
  if (blank != std::string::npos)
    return {.element = word.substr(0, blank), .edge = std::string{core::trimmed(word.substr(blank + 1))}};
  // Edges are K, L and so on with or without digits; two letters, or one that is no shell, are an element.
  const bool shell = !word.empty() && std::string_view{"KLMN"}.find(word.front()) != std::string_view::npos &&
                     (word.size() == 1 || std::isalpha(static_cast<unsigned char>(word[1])) == 0);
  return shell || word.empty() ? ElementAndEdge{.element = {}, .edge = word}
                               : ElementAndEdge{.element = word, .edge = {}};
}

namespace {

Channels channels_of(const ColumnSettings& s) {
  Channels out{.energy = s.energy,
               .signal = s.signal,
               .i0 = s.i0,
               .sigma = s.sigma,
               .transmission = s.transmission,
               .dark_signal = core::Value::exact(s.dark_signal),
               .dark_i0 = core::Value::exact(s.dark_i0),
               .counts = s.counts,
               .energy_shift_eV = s.energy_shift_eV,
               .repeats = s.merge_repeats ? Repeats::merge : Repeats::refuse,
               .deglitch = s.deglitch};
  if (out.signal.empty() && !s.tey.empty()) out.signal = {s.tey};
  if (out.signal.empty() && !s.tfy.empty()) out.signal = {s.tfy};
  if (out.i0.empty()) out.i0 = s.monitor;
  return out;
}

std::optional<Channels> foil_of(const ColumnSettings& s) {
  if (s.foil_signal.empty()) {
    if (!s.foil_edge_eV) return std::nullopt;
    throw core::UsageError(
        {.what = "--foil-edge needs --foil-signal", .expected = "the foil's column", .found = "none"});
  }
  if (!s.foil_edge_eV) {
    throw core::UsageError(
        {.what = "--foil-signal needs --foil-edge", .expected = "the foil's edge energy", .found = "none"});
  }
  return Channels{.energy = s.energy,
                  .signal = {s.foil_signal},
                  .i0 = s.foil_i0,
                  .transmission = s.foil_transmission,
                  .repeats = s.merge_repeats ? Repeats::merge : Repeats::refuse};
}

}  // namespace

Reading reading_of(const ColumnSettings& columns, const NormalisationSettings& n) {
  const ElementAndEdge said = parse_edge(n.edge_name);
  return {.channels = channels_of(columns),
          .normalisation = n.how,
          .edge = {.e0_eV = n.e0_eV,
                   .pre_from = n.pre_from,
                   .pre_to = n.pre_to,
                   .post_from = n.post_from,
                   .post_to = n.post_to,
                   .order = n.order,
                   .pre_order = n.pre_order},
          .element = said.element.empty() ? n.element : said.element,
          .edge_name = said.edge,
          .rebin_eV = columns.rebin_eV,
          .foil = foil_of(columns),
          .foil_edge_eV = columns.foil_edge_eV.value_or(0),
          .align = std::nullopt,
          .align_prior_eV = columns.align_prior_eV};
}

// ---- what was detected ----------------------------------------------------------------------------------------------

std::string_view yield_words(Yield yield) {
  static constexpr std::array<std::string_view, 4> words{"electrons", "fluorescence", "transmission", "unknown"};
  return words[static_cast<std::size_t>(yield)];
}

Yield yield_of(const Channels& channels) {
  if (channels.transmission) return Yield::transmission;
  const auto any_of = [&](std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(channels.signal, [&](const std::string& name) {
      return std::ranges::any_of(parts,
                                 [&](std::string_view p) { return core::lower(name).find(p) != std::string::npos; });
    });
  };
  const auto of_kind = [&](ColumnKind kind) {
    return std::ranges::any_of(channels.signal, [&](const std::string& name) { return kind_of(name) == kind; });
  };
  if (of_kind(ColumnKind::electrons) || any_of({"tey", "aey", "pey", "drain", "electron"})) return Yield::electrons;
  if (of_kind(ColumnKind::fluorescence) || of_kind(ColumnKind::element) || any_of({"fy", "fluo", "sdd"}))
    return Yield::fluorescence;
  return any_of({"mutrans", "mu_trans"}) ? Yield::transmission : Yield::unknown;
}

// ---- reading --------------------------------------------------------------------------------------------------------

namespace {

Channels channels_used(const Scan& scan, const Reading& reading);
Spectrum measured_of(const Scan& scan, const Channels& channels, const ScanChoice& choice, const Reading& reading);

void move(Spectrum& spectrum, const core::Value& shift_eV, const std::string& by) {
  for (double& e : spectrum.energy_eV) e += shift_eV.value;
  if (spectrum.steepest_eV) *spectrum.steepest_eV += shift_eV.value;
  spectrum.remarks.push_back(fmt::format("Moved by {} eV onto {}.", core::format_value(shift_eV), by));
}

struct Opened {
  Scan scan;
  std::string format;
};
Opened open_scan(const ScanChoice& choice) {
  const ScanFile file = read_scan_file(io::InputFile::open(choice.path));
  return {scan_of(file, choice.scan), file.format};
}

// By the foil measured along, or onto the shape of another spectrum.
void calibrate(Spectrum& spectrum, const Scan& scan, const ScanChoice& choice, const Reading& reading) {
  if (reading.foil) {
    const Spectrum foil = make_spectrum(scan, completed(scan, *reading.foil), choice.path);
    const double found = edge_energy_eV(foil.energy_eV, foil.intensity);
    move(spectrum, core::Value::exact(reading.foil_edge_eV - found), "the foil's edge");
  }
  if (reading.align) {
    Reading plain = reading;
    plain.align.reset();
    plain.foil.reset();
    const Scan other = open_scan(*reading.align).scan;
    const Spectrum reference = measured_of(other, channels_used(other, plain), *reading.align, plain);
    const core::Value off = energy_offset_eV(spectrum, reference, 0, 0, reading.align_prior_eV);
    move(spectrum, {-off.value, off.variance}, "\"" + reference.name + "\"");
  }
}

struct NamedEdge {
  std::string element, edge;
  bool by_range = false;  // nobody said so: it is the only one there
};
NamedEdge named_edge(const Scan& scan, const Reading& reading) {
  NamedEdge out{.element = reading.element.empty() ? scan.element : reading.element,
                .edge = reading.edge_name.empty() ? scan.edge : reading.edge_name};
  const Channels typed = reading.channels.value_or(Channels{});
  const ScanColumn* energy = typed.energy.empty() ? nullptr : scan.find(typed.energy);
  if (energy == nullptr && scan.energy) energy = &scan.columns[*scan.energy];
  if (!out.element.empty() || !out.edge.empty() || energy == nullptr || energy->values.empty()) return out;
  const auto [low, high] = std::ranges::minmax(energy->values);
  if (const auto only = edge_between(low + typed.energy_shift_eV, high + typed.energy_shift_eV))
    out = {only->element, only->edge, true};
  return out;
}

Channels channels_used(const Scan& scan, const Reading& reading) {
  const NamedEdge edge = named_edge(scan, reading);
  Channels out = completed(scan, reading.channels.value_or(Channels{}), reading.fluorescence,
                           tabulated_edge_eV(edge.element, edge.edge));
  if (out.energy.empty() && scan.energy) out.energy = scan.columns[*scan.energy].name;
  return out;
}

// Rows of a quick scan jitter: they are put in order first. Steps count from the edge as tabulated, or as found.
Channels with_rebin(const Scan& scan, Channels channels, const ScanChoice& choice, const Reading& reading) {
  if (!reading.rebin_eV) return channels;
  channels.repeats = Repeats::merge;
  const NamedEdge name = named_edge(scan, reading);
  std::optional<double> edge = reading.edge.e0_eV;
  if (!edge) edge = tabulated_edge_eV(name.element, name.edge);
  if (!edge) {
    const Spectrum whole = make_spectrum(scan, channels, choice.path);
    edge = edge_energy_eV(whole.energy_eV, whole.intensity);
  }
  channels.rebin = Rebin{.step_eV = *reading.rebin_eV, .edge_eV = *edge};
  return channels;
}

Spectrum measured_of(const Scan& scan, const Channels& channels, const ScanChoice& choice, const Reading& reading) {
  Spectrum spectrum = make_spectrum(scan, with_rebin(scan, channels, choice, reading), choice.path);
  if (spectrum.name.empty() || spectrum.name == "1") spectrum.name = std::filesystem::path(choice.path).filename();
  const NamedEdge edge = named_edge(scan, reading);
  spectrum.element = edge.element;
  spectrum.edge = edge.edge;
  if (edge.by_range) {
    spectrum.remarks.push_back(
        fmt::format("Taken to be {} {}, the only edge in its range (--element, --edge).", edge.element, edge.edge));
  }
  if (!channels.remark.empty()) spectrum.remarks.push_back(channels.remark);
  for (const std::string& remark : scan.remarks) spectrum.remarks.push_back(remark);
  calibrate(spectrum, scan, choice, reading);
  return spectrum;
}

EdgeSettings edge_settings_of(const Scan& scan, const Reading& reading) {
  EdgeSettings settings = reading.edge;
  if (!reading.stored_settings) return settings;
  const EdgeSettings stored = stored_edge_settings(scan);
  const auto fill = [](auto& own, const auto& other) {
    if (!own) own = other;
  };
  fill(settings.e0_eV, stored.e0_eV);
  fill(settings.pre_from, stored.pre_from);
  fill(settings.pre_to, stored.pre_to);
  fill(settings.post_from, stored.post_from);
  fill(settings.post_to, stored.post_to);
  fill(settings.order, stored.order);
  return settings;
}

}  // namespace

ReadSpectrum spectrum_of(const Scan& scan, const ScanChoice& choice, const Reading& reading) {
  const Channels channels = channels_used(scan, reading);
  ReadSpectrum out{.source = choice.title(),
                   .format = {},
                   .yield = yield_of(channels),
                   .channels = channels,
                   .measured = measured_of(scan, channels, choice, reading),
                   .normalised = {}};
  out.normalised = normalise(out.measured, reading.normalisation, edge_settings_of(scan, reading));
  return out;
}

ReadSpectrum read_spectrum(const ScanChoice& choice, const Reading& reading) {
  const Opened opened = open_scan(choice);
  ReadSpectrum out = spectrum_of(opened.scan, choice, reading);
  out.format = opened.format;
  return out;
}

std::string short_name(const Spectrum& spectrum) {
  constexpr std::size_t most = 40;
  std::string name = spectrum.name.substr(0, spectrum.name.find('\n'));
  return name.size() > most ? name.substr(0, most - 3) + "..." : name;
}

std::string edge_title(const Spectrum& s) {
  if (s.element.empty()) return "Absorption";
  return s.edge.empty() ? s.element : s.element + " " + s.edge;
}

}  // namespace lithoscope::xas
