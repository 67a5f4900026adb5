// Angular momentum algebra, integer and half-integer. Private to the room.
#pragma once

namespace lithoscope::multiplet {

/// Wigner's 3j symbol of integers (Racah's sum).
double wigner_3j(int j1, int j2, int j3, int m1, int m2, int m3);

/// <j1 m1 j2 m2 | j m> of integers, Condon-Shortley.
double clebsch_gordan(int j1, int m1, int j2, int m2, int j, int m);

/// Gaunt's c^k(l m, l' m') = sqrt(4 pi/(2k+1)) <Y_lm | Y_k,m-m' | Y_l'm'> (Condon and Shortley 1935).
double gaunt(int k, int l, int m, int l2, int m2);

}  // namespace lithoscope::multiplet
