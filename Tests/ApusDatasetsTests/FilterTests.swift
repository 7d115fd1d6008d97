import Apus
import ApusFiles
import Foundation
import Testing

@Suite struct FilterTests {
  private static func fixture() throws -> JSONValue {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/filters.json").path
    return try JSONValue(parsing: String(contentsOfFile: path, encoding: .utf8))
  }

  private static func numbers(_ value: JSONValue?) throws -> [Double] {
    try #require(value?.array).map { $0.double ?? .nan }
  }

  /// A part of a real photograph, filtered by SciPy and scikit-image.
  @Test func filtersAsOthersDo() throws {
    let file = try Self.fixture()
    let pixels = try Self.numbers(file["pixels"]).map { Float($0) / 255 }
    let photograph = Tensor(pixels, shape: [1, 24, 32, 3])
    let cases = try #require(file["cases"]?.array)
    #expect(cases.count == 30)
    var seen: Set<String> = []
    for entry in cases {
      let name = try #require(entry["filter"]?.string)
      var numbers = FixedFilter.Numbers()
      numbers.size = entry["size"]?.int ?? numbers.size
      numbers.sigma = entry["sigma"]?.double ?? numbers.sigma
      numbers.amount = entry["amount"]?.double ?? numbers.amount
      let filter = try #require(FixedFilter.named(name, numbers))
      let border = try #require(PaddingMode.names.first { $0.name == entry["border"]?.string })
      let result = filter(photograph, border: border.mode)
      #expect(result.shape == photograph.shape)
      let expected = try Self.numbers(entry["values"])
      let worst = zip(result.scalars(), expected).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(worst < 3e-6, "\(name) \(border.name): \(worst)")
      seen.insert(name)
    }
    #expect(seen == Set(FixedFilter.names.map(\.name)))
  }

  @Test func smoothsAsOthersDo() throws {
    let file = try Self.fixture()
    let series = try Self.numbers(file["series"])
    for (name, smoothing) in [
      ("moving-average", Smoothing.movingAverage(window: 7)), ("gaussian", .gaussian(sigma: 2.5)),
      ("exponential", .exponential(alpha: 0.25)),
    ] {
      let expected = try Self.numbers(file["smoothed"]?[name])
      let worst = zip(smoothing(series), expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 1e-12, "\(name): \(worst)")
    }
    // A third, a third, a third: the window of the textbook.
    #expect(
      Smoothing.movingAverage(window: 3)([0, 3, 6, 0], border: .zeros).map { ($0 * 1e9).rounded() / 1e9 } == [
        1, 3, 3, 2,
      ])
    #expect(Smoothing.movingAverage(window: 9)([1, 1], border: .symmetric).allSatisfy { abs($0 - 1) < 1e-12 })
    #expect(Smoothing.exponential(alpha: 1)([]).isEmpty)
  }

  /// An identity kernel is a sum, not a mean; blurs keep the light; edges of a flat picture are black.
  @Test func kernelsHaveTheirSums() {
    for (name, sum) in [
      ("identity", 1.0), ("box-blur", 1), ("gaussian-blur", 1), ("sharpen", 1), ("unsharp", 1), ("sobel", 0),
      ("sobel-x", 0), ("sobel-y", 0), ("prewitt", 0), ("laplacian", 0), ("emboss", 1),
    ] {
      for kernel in FixedFilter.named(name)?.kernels ?? [] {
        #expect(abs(kernel.joined().reduce(0, +) - sum) < 1e-12, "\(name)")
      }
    }
    let flat = Tensor.full(0.25, [1, 4, 5, 1])
    #expect(FixedFilter.sobelX.visible(FixedFilter.sobelX(flat)).scalars().allSatisfy { $0 == 0.5 })
    #expect(FixedFilter.sobel.visible(FixedFilter.sobel(flat)).scalars().allSatisfy { $0 == 0 })
    // Any blur is possible on any picture, also when it reaches around it many times.
    let blurred = FixedFilter.gaussianBlur(sigma: 5)(flat)
    #expect(blurred.scalars().allSatisfy { abs($0 - 0.25) < 1e-6 })
  }

  @Test func wrongNumbersAreTold() {
    #expect(FixedFilter.boxBlur(size: 4).problem?.contains("odd") == true)
    #expect(FixedFilter.gaussianBlur(sigma: 0).problem != nil && Smoothing.exponential(alpha: 2).problem != nil)
    #expect(FixedFilter.named("blur") == nil && Smoothing.movingAverage(window: 2).problem != nil)
    #expect(throws: (any Error).self) { try checked { FixedFilter.sharpen(Tensor.zeros([4, 4])) } }
    #expect(throws: (any Error).self) { try checked { FixedFilter.boxBlur(size: 2)(Tensor.zeros([1, 4, 4, 1])) } }
    #expect(throws: (any Error).self) {
      try checked { FixedFilter.sobel(Tensor.zeros([1, 1, 4, 1]), border: .reflect) }
    }
  }
}
