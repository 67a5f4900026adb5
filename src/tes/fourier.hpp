// Discrete Fourier transforms of real records. Private to the room; FFTW stays in the .cpp.
#pragma once

#include <complex>
#include <memory>
#include <span>
#include <vector>

namespace lithoscope::tes {

/// Transforms of one length, planned once. Not to be shared by threads.
class RealTransform {
 public:
  explicit RealTransform(std::size_t n);
  ~RealTransform();
  RealTransform(const RealTransform&) = delete;
  RealTransform& operator=(const RealTransform&) = delete;

  /// Fills time() and reads frequency() after forward(), the other way round for backward(), which divides by n.
  std::span<double> time();
  std::span<std::complex<double>> frequency();  ///< n/2 + 1
  void forward();
  void backward();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Divides the response at frequency f by 1 + (f/roll_off)^2.
void roll_off(std::vector<double>& filter, double sample_s, double roll_off_Hz);

}  // namespace lithoscope::tes
