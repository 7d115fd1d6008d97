// The system's C library, by whatever name: only here.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Functions that Swift's standard library does not have.
enum Mathematics {
  static func decimalLogarithm(_ x: Double) -> Double { log10(x) }
}
