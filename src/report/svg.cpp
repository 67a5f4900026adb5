#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "figure_style.hpp"
#include "lithoscope/report/render.hpp"
#include "palette.hpp"
#include "text_escape.hpp"

namespace lithoscope::report {
namespace {

constexpr double width = 760;
constexpr double height = 425;
constexpr double left = 74;
constexpr double right = 14;
constexpr double top = 12;
constexpr double bottom = 54;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void take(double v) {
    if (!std::isfinite(v)) return;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  Range padded(double share) const {
    if (!(low <= high)) return {0, 1};
    const double span = high > low ? high - low : std::max(1e-12, std::abs(high) * 0.1 + 1e-6);
    return {low - share * span, high + share * span};
  }
};

// Maps are lower, so that several can be compared on one screen, and leave room for their scale of colours.
constexpr double map_height = 300;
constexpr double scale_room = 96;

class Frame {
 public:
  Frame(Range x, Range y, bool map)
      : x_(x), y_(y), right_(width - right - (map ? scale_room : 0)), bottom_((map ? map_height : height) - bottom) {}
  double x(double v) const { return left + (v - x_.low) / (x_.high - x_.low) * (right_ - left); }
  double y(double v) const { return bottom_ - (v - y_.low) / (y_.high - y_.low) * (bottom_ - top); }
  double right_edge() const { return right_; }
  double bottom_edge() const { return bottom_; }
  double full_height() const { return bottom_ + bottom; }
  const Range& x_range() const { return x_; }
  const Range& y_range() const { return y_; }

 private:
  Range x_, y_;
  double right_, bottom_;
};

Range edges(const std::vector<double>& centres) {
  const double half = centres.size() > 1 ? 0.5 * (centres[1] - centres[0]) : 0.5;
  return {centres.front() - half, centres.back() + half};
}

// Ticks at 1, 2 or 5 times a power of ten, about `wanted` of them, with just the decimals they need.
struct Ticks {
  std::vector<double> at;
  int decimals = 0;
};
Ticks ticks_for(const Range& range, int wanted) {
  const double raw = (range.high - range.low) / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double lead = raw / power;
  const double step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  Ticks ticks;
  if (!(step > 0) || !std::isfinite(step)) return ticks;  // a range no double can span has no ticks
  ticks.decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  const auto first = static_cast<std::int64_t>(std::ceil(range.low / step));
  const auto last = static_cast<std::int64_t>(std::floor(range.high / step + 1e-9));
  for (std::int64_t k = first; k <= last; ++k) ticks.at.push_back(static_cast<double>(k) * step);
  return ticks;
}

std::string number_label(double v, int decimals) {
  if (std::abs(v) >= 1e6) return fmt::format("{:.3g}", v);
  std::string text = fmt::format("{:.{}f}", std::abs(v) < 1e-12 ? 0.0 : v, decimals);
  if (text.starts_with('-')) text.replace(0, 1, "\u2212");
  return text;
}

std::string axis_label(const Axis& axis) {
  return escaped(axis.unit.empty() ? axis.quantity : fmt::format("{} ({})", axis.quantity, axis.unit));
}

Frame frame_of(const Figure& figure) {
  if (figure.map) return {edges(figure.map->x), edges(figure.map->y), true};
  Range x, y, bounds;
  for (const Series& s : figure.series) {
    for (const double v : s.x) x.take(v);
    for (const double v : s.y) y.take(v);
    if (s.role != Role::muted) {  // the bars of points nobody uses must not shrink those they do
      for (const auto* values : {&s.y_low, &s.y_high}) {
        for (const double v : *values) bounds.take(v);
      }
    }
    if (s.mark != Mark::bars) continue;
    y.take(0);
    for (const double v : s.x) {
      x.take(v - 0.5);
      x.take(v + 0.5);
    }
  }
  // An interval far wider than what is measured only says "unknown": it runs off the figure, unless each point has a
  // name of its own.
  const bool named = !figure.x_ticks.empty();
  const double reach = named ? std::numeric_limits<double>::infinity()
                             : std::max(y.high - y.low, 0.2 * std::max(std::abs(y.low), std::abs(y.high)));
  if (bounds.low <= bounds.high && y.low <= y.high) {
    y.take(std::max(bounds.low, y.low - reach));
    y.take(std::min(bounds.high, y.high + reach));
  }
  return {x.padded(0.02), y.padded(0.05), false};
}

void draw_axes(std::string& out, const Figure& figure, const Frame& frame) {
  const double bottom_edge = frame.bottom_edge();
  const double right_edge = frame.right_edge();
  std::vector<Tick> across = figure.x_ticks;
  if (across.empty()) {
    const Ticks tx = ticks_for(frame.x_range(), 8);
    for (const double v : tx.at) across.push_back({v, number_label(v, tx.decimals)});
  }
  const Ticks ty = ticks_for(frame.y_range(), figure.map ? 4 : 6);
  for (const Tick& tick : across) {
    if (!figure.map) {
      out += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)", frame.x(tick.at), top,
                         bottom_edge);
    } else {
      out += fmt::format(R"(<line class="frame" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)", frame.x(tick.at),
                         bottom_edge, bottom_edge + 5);
    }
    // a long label at the edge moves inward rather than being cut
    constexpr double letter = 7.2;
    const double half = 0.5 * letter * static_cast<double>(tick.label.size());
    const double middle = std::max(std::min(frame.x(tick.at), width - half), half);
    out += fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", middle, bottom_edge + 18,
                       escaped(tick.label));
  }
  for (const double v : ty.at) {
    if (!figure.map) {
      out += fmt::format(R"(<line class="grid" x1="{1}" x2="{2}" y1="{0:.1f}" y2="{0:.1f}"/>)", frame.y(v), left,
                         right_edge);
    }
    out += fmt::format(R"(<text x="{}" y="{:.1f}" text-anchor="end">{}</text>)", left - 7, frame.y(v) + 4.5,
                       number_label(v, ty.decimals));
  }
  out += fmt::format(R"(<rect class="frame" x="{}" y="{}" width="{}" height="{}"/>)", left, top, right_edge - left,
                     bottom_edge - top);
  out += fmt::format(R"(<text class="axis-title" x="{:.1f}" y="{}" text-anchor="middle">{}</text>)",
                     (left + right_edge) / 2, frame.full_height() - 12, axis_label(figure.x_axis));
  out += fmt::format(
      R"svg(<text class="axis-title" transform="translate(18 {:.1f}) rotate(-90)" text-anchor="middle">{}</text>)svg",
      (top + bottom_edge) / 2, axis_label(figure.y_axis));
}

// The colours as one small picture, and their scale beside it.
void draw_map(std::string& out, const Map& map, const Frame& frame) {
  const auto [low, high] = colour_range(map);
  std::vector<Colour> pixels;
  const std::size_t columns = map.x.size();
  for (std::size_t row = map.y.size(); row-- > 0;) {  // a picture begins at the top
    for (std::size_t c = 0; c < columns; ++c)
      pixels.push_back(colour_of(map.z[row * columns + c], low, high, map.palette));
  }
  const double right_edge = frame.right_edge();
  const double bottom_edge = frame.bottom_edge();
  const char* style = columns * map.y.size() < 2000 ? "image-rendering:pixelated" : "image-rendering:auto";
  out += fmt::format(
      R"(<image x="{}" y="{}" width="{:.1f}" height="{:.1f}" preserveAspectRatio="none" style="{}" href="{}"/>)", left,
      top, right_edge - left, bottom_edge - top, style, picture(pixels, columns));
  std::vector<Colour> scale;
  for (int i = 255; i >= 0; --i) scale.push_back(colour_of(low + (high - low) * i / 255.0, low, high, map.palette));
  const double x = right_edge + 14;
  out += fmt::format(R"(<image x="{}" y="{}" width="14" height="{:.1f}" preserveAspectRatio="none" href="{}"/>)", x,
                     top, bottom_edge - top, picture(scale, 1));
  out += fmt::format(R"(<rect class="frame" x="{}" y="{}" width="14" height="{:.1f}"/>)", x, top, bottom_edge - top);
  const Range range{low, high};
  const Ticks ticks = ticks_for(range, 4);
  for (const double v : ticks.at) {
    const double y = bottom_edge - (v - low) / (high - low) * (bottom_edge - top);
    out += fmt::format(R"(<text x="{}" y="{:.1f}">{}</text>)", x + 19, y + 4.5, number_label(v, ticks.decimals));
  }
  out += fmt::format(
      R"svg(<text class="axis-title" transform="translate({} {:.1f}) rotate(90)" text-anchor="middle">{}</text>)svg",
      width - 14, (top + bottom_edge) / 2, axis_label(map.z_axis));
}

void draw_bars(std::string& out, const Series& series, const Frame& frame, std::size_t index, std::size_t count) {
  const double share = 0.8 / static_cast<double>(count);
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.y[i])) continue;
    const double from = frame.x(series.x[i] - 0.4 + share * static_cast<double>(index));
    const double to = frame.x(series.x[i] - 0.4 + share * static_cast<double>(index + 1));
    const double zero = frame.y(0);
    const double y = frame.y(series.y[i]);
    const std::string note = series.notes.empty() ? number_label(series.y[i], 4) : series.notes[i];
    out += fmt::format(
        R"(<rect class="fill-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}: {}</title></rect>)",
        role_name(series.role), from, std::min(y, zero), to - from, std::max(1.0, std::abs(y - zero)),
        escaped(series.name), escaped(note));
  }
  out += fmt::format(R"(<line class="frame" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/>)", left, frame.right_edge(),
                     frame.y(0));
}

// The interval about a line, as a filled strip; broken where it has no value.
void draw_strip(std::string& out, const Series& series, const Frame& frame) {
  std::string path, back;
  const auto close = [&] {
    if (!path.empty())
      out += fmt::format(R"(<path class="strip fill-{}" d="{}{}Z"/>)", role_name(series.role), path, back);
    path.clear();
    back.clear();
  };
  const Range& shown = frame.y_range();
  for (std::size_t i = 0; i < series.y_low.size(); ++i) {
    if (!std::isfinite(series.x[i]) || !std::isfinite(series.y_low[i]) || !std::isfinite(series.y_high[i])) {
      close();
      continue;
    }
    const double x = frame.x(series.x[i]);
    path +=
        fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x, frame.y(std::min(series.y_high[i], shown.high)));
    back.insert(0, fmt::format("L{:.1f} {:.1f}", x, frame.y(std::max(series.y_low[i], shown.low))));
  }
  close();
}

void draw_line(std::string& out, const Series& series, const Frame& frame) {
  draw_strip(out, series, frame);
  std::string path;
  bool pen_down = false;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) {
      pen_down = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", frame.x(series.x[i]), frame.y(series.y[i]));
    pen_down = true;
  }
  out += fmt::format(R"(<path class="line stroke-{}{}" d="{}"/>)", role_name(series.role),
                     series.mark == Mark::dashed ? " dashed" : "", path);
}

void draw_points(std::string& out, const Series& series, const Frame& frame) {
  const std::string_view role = role_name(series.role);
  std::string bars;
  const Range& shown = frame.y_range();
  for (std::size_t i = 0; i < series.y_low.size(); ++i) {
    if (!std::isfinite(series.y[i]) || !std::isfinite(series.y_low[i])) continue;
    bars += fmt::format("M{0:.1f} {1:.1f}V{2:.1f}", frame.x(series.x[i]), frame.y(std::max(series.y_low[i], shown.low)),
                        frame.y(std::min(series.y_high[i], shown.high)));
  }
  if (!bars.empty()) out += fmt::format(R"(<path class="bar stroke-{}" d="{}"/>)", role, bars);
  const double radius = series.x.size() > 400 ? 1.6 : 3.2;
  const bool open = series.mark == Mark::open_dots;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
    out += fmt::format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"/>)",
                       open ? fmt::format("open bar stroke-{}", role) : fmt::format("fill-{}", role),
                       frame.x(series.x[i]), frame.y(series.y[i]), radius);
  }
}

void draw_segments(std::string& out, const Figure& figure, const Frame& frame) {
  for (const Segment& s : figure.segments) {
    const double x0 = frame.x(s.x0), y0 = frame.y(s.y0), x1 = frame.x(s.x1), y1 = frame.y(s.y1);
    const bool upright = std::abs(y1 - y0) > std::abs(x1 - x0);
    const double dx = upright ? 5 : 0;
    const double dy = upright ? 0 : 5;
    out += fmt::format(
        R"(<path class="measure" d="M{:.1f} {:.1f}L{:.1f} {:.1f}M{:.1f} {:.1f}L{:.1f} {:.1f}M{:.1f} {:.1f}L{:.1f} {:.1f}"/>)",
        x0, y0, x1, y1, x0 - dx, y0 - dy, x0 + dx, y0 + dy, x1 - dx, y1 - dy, x1 + dx, y1 + dy);
    out += fmt::format(R"(<text class="halo" x="{:.1f}" y="{:.1f}">{}</text>)", (x0 + x1) / 2 + (upright ? 8 : 0),
                       (y0 + y1) / 2 + (upright ? 4.5 : -8), escaped(s.label));
  }
}

constexpr std::string_view standalone_style = R"css(<style>
.strip{opacity:.16;stroke:none}
svg{--paper:#fff;--ink:#1b1f24;--soft:#5a6470;--primary:#0072b2;--second:#d55e00;--third:#008a62;--muted:#9aa3ad;--grid:#e6eaee;--band:rgba(0,114,178,.10);background:var(--paper)}
text{font:13px system-ui,"DejaVu Sans",sans-serif;fill:var(--ink)} .axis-title{font-size:14px}
.grid{stroke:var(--grid)} .frame{stroke:var(--soft);fill:none} .band{fill:var(--band)} .measure{stroke:var(--ink);stroke-width:1.2;fill:none}
.halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round} .line{fill:none;stroke-width:1.8;stroke-linejoin:round} .dashed{stroke-dasharray:6 4} .bar{stroke-width:1.3;fill:none}
.stroke-primary{stroke:var(--primary)} .fill-primary{fill:var(--primary)} .stroke-second{stroke:var(--second)} .fill-second{fill:var(--second)}
.stroke-third{stroke:var(--third)} .fill-third{fill:var(--third)} .stroke-muted{stroke:var(--muted)} .fill-muted{fill:var(--muted)} .open{fill:var(--paper)}
</style>)css";

// A figure that leaves the page takes its legend along.
void draw_legend(std::string& out, const Figure& figure, const Frame& frame) {
  double y = frame.full_height() + 6;
  for (const Series& s : figure.series) {
    out += legend_sign(s, left, y);
    out += fmt::format(R"(<text x="{}" y="{}">{}</text>)", left + 34, y + 4.5, escaped(s.name));
    y += 20;
  }
}

}  // namespace

std::string render_svg(const Figure& figure, SvgUse use) {
  const Frame frame = frame_of(figure);
  const bool alone = use == SvgUse::standalone;
  const double own_height = frame.full_height();
  const double full_height = alone ? own_height + 20.0 * static_cast<double>(figure.series.size()) + 4 : own_height;
  std::string out = fmt::format(
      R"(<svg class="figure" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}" data-plot="{} {} {:.0f} {:.0f}">)",
      width, full_height, escaped(figure.title), left, top, frame.right_edge() - left, frame.bottom_edge() - top);
  if (alone) out += standalone_style;
  for (const Band& band : figure.bands) {
    const double from = std::clamp(frame.x(band.from), left, frame.right_edge());
    const double to = std::clamp(frame.x(band.to), left, frame.right_edge());
    out += fmt::format(R"(<rect class="band" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>)", from, top, to - from,
                       frame.bottom_edge() - top);
  }
  if (figure.map) draw_map(out, *figure.map, frame);
  draw_axes(out, figure, frame);
  const auto bars = std::ranges::count(figure.series, Mark::bars, &Series::mark);
  std::size_t bar = 0;
  for (const Series& series : figure.series) {
    if (series.mark == Mark::bars) {
      draw_bars(out, series, frame, bar++, static_cast<std::size_t>(bars));
    } else {
      is_line(series) ? draw_line(out, series, frame) : draw_points(out, series, frame);
    }
  }
  draw_segments(out, figure, frame);
  if (alone) draw_legend(out, figure, frame);
  return out + "</svg>\n";
}

std::string figure_csv(const Figure& figure) {
  const auto cell = [](double v) { return std::isfinite(v) ? fmt::format("{}", v) : std::string{}; };
  const auto quoted = [](const std::string& text) {
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string{"\"\""} : std::string(1, c);
    return out + "\"";
  };
  const auto head = [](const Axis& axis) {
    return axis.unit.empty() ? axis.quantity : axis.quantity + " / " + axis.unit;
  };
  std::string out;
  if (figure.map) {
    // A matrix, x along the first line and y down the first column: a tenth of the bytes of one line a value.
    const Map& map = *figure.map;
    out += quoted(head(map.z_axis));
    for (const double x : map.x) out += "," + cell(x);
    out += "\n";
    for (std::size_t row = 0; row < map.y.size(); ++row) {
      out += cell(map.y[row]);
      for (std::size_t c = 0; c < map.x.size(); ++c) out += "," + cell(map.z[row * map.x.size() + c]);
      out += "\n";
    }
  }
  if (figure.series.empty()) return out;
  out += fmt::format("{},{},{},95 % low,95 % high,note\n", quoted("series"), quoted(head(figure.x_axis)),
                     quoted(head(figure.y_axis)));
  for (const Series& s : figure.series) {
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      out += fmt::format("{},{},{},{},{},{}\n", quoted(s.name), cell(s.x[i]), cell(s.y[i]),
                         s.y_low.empty() ? "" : cell(s.y_low[i]), s.y_high.empty() ? "" : cell(s.y_high[i]),
                         s.notes.empty() ? "" : quoted(s.notes[i]));
    }
  }
  return out;
}

}  // namespace lithoscope::report
