import ApusData

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

func logarithm(_ x: Double) -> Double { log(x) }

func exponential(_ x: Double) -> Double { exp(x) }

extension SplitMix64 {
  /// From 0 to below 1.
  mutating func uniform() -> Float { Float(next() >> 40) / Float(1 << 24 as UInt64) }
}
