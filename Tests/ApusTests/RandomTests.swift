import ApusCore
import ApusReference
import ApusRuntime
import ApusTensor
import Testing

@Suite struct RandomTests {
  /// The known answers for philox4x32-10 that Random123 1.14 publishes (`kat_vectors`).
  @Test(
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func philoxIsAsPublished(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
    let words = philox(SIMD4(counter[0], counter[1], counter[2], counter[3]), SIMD2(key[0], key[1]))
    #expect((0..<4).map { words[$0] } == expected)
  }

  /// Further vectors, made by another implementation (`Tests/Fixtures/fixture_philox.py`), by the function and, where a
  /// counter is one that a tensor reaches, by the devices.
  @Test func philoxIsAsComputedElsewhere() throws {
    let cases = Fixture.document("philox")?["cases"]?.array ?? []
    for json in cases {
      func words(_ name: String) -> [UInt32] { (json[name]?.array ?? []).compactMap { $0.int.map { UInt32($0) } } }
      let (counter, key, expected) = (words("counter"), words("key"), words("output"))
      let result = philox(SIMD4(counter[0], counter[1], counter[2], counter[3]), SIMD2(key[0], key[1]))
      #expect((0..<4).map { result[$0] } == expected, "counter \(counter), key \(key)")
      guard counter[0] < 1000, counter[1] == 0, counter[3] == 0 else { continue }
      let count = 4 * (Int(counter[0]) + 1)
      for device in [cpu, reference] {
        let bits = Device.with(device) {
          Tensor.apply(.randomBits([count], stream: counter[2]), Tensor(key)).scalars(UInt32.self)
        }
        #expect(bits.suffix(4) == expected[...], "\(device.name): counter \(counter), key \(key)")
      }
    }
  }

  @Test(arguments: ["cpu", "reference"])
  func bitsAreAsPublished(device: String) {
    Device.with(device == "cpu" ? cpu : reference) {
      let bits = Tensor.apply(.randomBits([4], stream: 0), Tensor([0, 0] as [UInt32])).scalars(UInt32.self)
      #expect(bits == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    }
  }

  @Test func aKeyGivesTheSameNumbers() {
    let draws = (0..<2).map { _ in
      var key = RandomKey(42)
      return (0..<3).map { _ in Tensor.normal([100], key: &key).scalars() }
    }
    #expect(draws[0] == draws[1])
    #expect(draws[0][0] != draws[0][1] && draws[0][1] != draws[0][2])
  }

  @Test func seedsDiffer() {
    let seeds: [UInt64] = [0, 1, 2, 1 << 32, .max]
    let firsts = seeds.map { seed -> [Float] in
      var key = RandomKey(seed)
      return Tensor.uniform([16], key: &key).scalars()
    }
    #expect(Set(firsts).count == firsts.count)
  }

  /// Numbers do not depend on the device, nor on how many are drawn together.
  @Test func devicesAgree() {
    let values = [cpu, reference].map { device in
      Device.with(device) { () -> [Float] in
        var key = RandomKey(7)
        return Tensor.uniform([1001], in: -3..<5, key: &key).scalars()
      }
    }
    #expect(values[0] == values[1])
    let bits = [8, 1000].map {
      Tensor.apply(.randomBits([$0], stream: 2), Tensor([5, 6] as [UInt32])).scalars(UInt32.self)
    }
    #expect(bits[0] == Array(bits[1].prefix(8)))
  }

  @Test func uniformHasItsMoments() {
    var key = RandomKey(1)
    let x = Tensor.uniform([200_000], in: 2..<6, key: &key)
    let values = x.doubles()
    #expect(values.allSatisfy { 2 <= $0 && $0 < 6 })
    let (mean, variance) = moments(values)
    #expect(abs(mean - 4) < 0.015 && abs(variance - 16.0 / 12) < 0.015)
    // Each tenth of the range gets its share: χ² of 9 degrees stays below 27.9 but for one in a thousand.
    var counts = [Double](repeating: 0, count: 10)
    for value in values { counts[Int((value - 2) / 0.4)] += 1 }
    #expect(counts.reduce(0) { $0 + ($1 - 20_000) * ($1 - 20_000) / 20_000 } < 27.9)
  }

  @Test(arguments: [DType.float32, .float64])
  func normalHasItsMoments(dtype: DType) {
    var key = RandomKey(3)
    let values = Tensor.normal([200_001], mean: -1, standardDeviation: 2, key: &key, dtype: dtype).doubles()
    #expect(values.allSatisfy { $0.isFinite })
    let (mean, variance) = moments(values)
    #expect(abs(mean + 1) < 0.02 && abs(variance - 4) < 0.06)
    let standard = values.map { ($0 + 1) / 2 }
    let fourth = standard.map { $0 * $0 }.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    #expect(abs(fourth - 3) < 0.1)
    #expect(abs(Double(standard.filter { abs($0) < 1 }.count) / Double(values.count) - 0.6827) < 0.005)
  }

  @Test func bernoulliHasItsShare() {
    var key = RandomKey(4)
    let x = Tensor.bernoulli([100_000], probability: 0.3, key: &key)
    #expect(x.dtype == .bool)
    #expect(abs(x.cast(to: .float32).mean().item() - 0.3) < 0.006)
    #expect(Tensor.bernoulli([100], probability: 0, key: &key).any().item() == 0)
    #expect(Tensor.bernoulli([100], probability: 1, key: &key).all().item() == 1)
  }

  /// Keys made of a key share nothing with it or with each other.
  @Test func splitKeysAreIndependent() {
    let parent = RandomKey(9)
    let keys = parent.split(4) + [parent]
    let words = keys.map { $0.words.scalars(UInt32.self) }
    #expect(Set(words).count == keys.count)
    let draws = keys.map { key -> [Double] in
      var key = key
      return Tensor.normal([50_000], key: &key).doubles()
    }
    for a in draws.indices {
      for b in 0..<a {
        let correlation = zip(draws[a], draws[b]).reduce(0) { $0 + $1.0 * $1.1 } / 50_000
        #expect(abs(correlation) < 0.02, "keys \(a) and \(b): \(correlation)")
      }
    }
    let neighbours = zip(draws[0], draws[0].dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / 50_000
    #expect(abs(neighbours) < 0.02)
  }

  /// A compiled function draws new numbers at each call, the same as an eager one.
  @Test func compiledDrawsGoOn() {
    let state = RandomState(seed: 5)
    let draw = compile(updating: state) { (x: Tensor) in x + .uniform([3], key: &state.key) }
    var key = RandomKey(5)
    for _ in 0..<3 {
      #expect(draw(.zeros([3])).scalars() == Tensor.uniform([3], key: &key).scalars())
    }
  }

  private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0) { $0 + $1 } / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }
}
