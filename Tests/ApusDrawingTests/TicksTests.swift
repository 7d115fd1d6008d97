import ApusDrawing
import Testing

@Suite struct TicksTests {
  /// The lists of d3-array's own tests (test/ticks-test.js), and of its documentation.
  @Test(arguments: [
    (0.0, 1.0, 10, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
    (0, 1, 9, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
    (0, 1, 8, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
    (0, 1, 7, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    (0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    (0, 1, 4, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    (0, 1, 3, [0, 0.5, 1.0]),
    (0, 1, 2, [0, 0.5, 1.0]),
    (0, 1, 1, [0, 1]),
    (0, 10, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    (0, 10, 7, [0, 2, 4, 6, 8, 10]),
    (0, 10, 3, [0, 5, 10]),
    (0, 10, 1, [0, 10]),
    (-10, 10, 10, [-10, -8, -6, -4, -2, 0, 2, 4, 6, 8, 10]),
    (-10, 10, 5, [-10, -5, 0, 5, 10]),
    (-10, 10, 2, [-10, 0, 10]),
    (-10, 10, 1, [0]),
    (1, 364, 0, []),
    (0.1, 0.37, 5, [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]),
  ])
  func roundNumbersAreThoseOfD3(start: Double, stop: Double, count: Int, expected: [Double]) {
    #expect(Ticks.roundNumbers(in: start...stop, count: count) == expected)
  }

  @Test func labelsHaveTheDigitsOfTheirStep() {
    #expect(Scale(domain: 0...1, pixels: (0, 100)).ticks(5).labels == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(Scale(domain: -20...20, pixels: (0, 100)).ticks(4).labels == ["−20", "−10", "0", "10", "20"])
    #expect(Scale(domain: 0...3e6, pixels: (0, 100)).ticks(3).labels == ["0", "1·10⁶", "2·10⁶", "3·10⁶"])
    #expect(Scale(domain: 0...4e-5, pixels: (0, 100)).ticks(2).labels == ["0", "2·10⁻⁵", "4·10⁻⁵"])
  }

  @Test func logarithmicTicksArePowersOfTen() {
    let wide = Scale(.logarithmic, domain: 1e-4...1e3, pixels: (0, 100)).ticks(8)
    #expect(wide.values == [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000])
    #expect(wide.labels == ["10⁻⁴", "10⁻³", "0.01", "0.1", "1", "10", "100", "1000"])
    let huge = Scale(.logarithmic, domain: 1e-12...1, pixels: (0, 100)).ticks(5)
    #expect(huge.values == [1e-12, 1e-9, 1e-6, 1e-3, 1])
    let narrow = Scale(.logarithmic, domain: 2...60, pixels: (0, 100)).ticks(5)
    #expect(narrow.values == [2, 5, 10, 20, 50])
    #expect(narrow.minor == [3, 4, 6, 7, 8, 9, 30, 40, 60])
  }

  @Test func scalesMapTheirDomainToPixels() {
    let linear = Scale(domain: 10...20, pixels: (100, 0))
    #expect(linear(10) == 100 && linear(20) == 0 && linear(15) == 50)
    let logarithmic = Scale(.logarithmic, domain: 1...1000, pixels: (0, 300))
    #expect((logarithmic(10) - 100).magnitude < 1e-9 && (logarithmic(100) - 200).magnitude < 1e-9)
    #expect(logarithmic(0).isNaN && logarithmic(-1).isNaN)
    let symmetric = Scale(.symmetricLogarithmic(threshold: 1), domain: -99...99, pixels: (0, 400))
    #expect((symmetric(0) - 200).magnitude < 1e-9 && (symmetric(9) - 300).magnitude < 1e-9)
    #expect((symmetric(-9) - 100).magnitude < 1e-9)
  }
}
