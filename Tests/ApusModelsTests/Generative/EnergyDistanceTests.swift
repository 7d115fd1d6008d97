import Apus
import Testing

/// Distances of samples, and how samples cover modes.
@Suite struct EnergyDistanceTests {
  @Test func energyDistanceIsSciPys() throws {
    let expected = try #require(try GenerativeFixture.cases("energy").first)
    func column(_ name: String) -> Tensor {
      Tensor(expected.numbers(name).map(Float.init)).cast(to: .float64).expandingAxis(1)
    }
    let ours = energyDistance(column("x"), column("y")).item()
    #expect(abs(ours - (try #require(expected["distance"]?.double))) < 1e-6)
    #expect(energyDistance(column("x"), column("x")).item().magnitude < 1e-12)
    #expect(throws: (any Error).self) { try checked { energyDistance(.zeros([2, 3]), .zeros([2, 2])) } }
  }

  @Test func modesAreCounted() {
    let ring = PlaneDistribution.eightGaussians
    let all = ModeCoverage(ring.points(4000, seed: 1), modes: ring.modes, deviation: ring.deviation)
    #expect(all.covered == 8)
    // Within three deviations of the middle of a Gaussian over the plane are 1 − e^(−9/2) = 98.9 % of it.
    #expect(abs(all.quality - 0.989) < 0.008)
    #expect(all.counts.allSatisfy { abs(Double($0) - 495) < 90 }, "\(all.counts)")
    let lost = ModeCoverage(.zeros([10, 2]) + Tensor([2, 0] as [Float]), modes: ring.modes, deviation: 0.1)
    #expect(lost.covered == 1 && lost.quality == 1 && lost.counts[0] == 10)
    #expect(ModeCoverage(.zeros([10, 2]), modes: ring.modes, deviation: 0.1).quality == 0)
  }

  /// Each epoch has points of its own, always the same.
  @Test func planePointsAreDrawnAnew() {
    for distribution in PlaneDistribution.allCases {
      let data = PlanePoints(distribution, batchSize: 5, batchCount: 3, seed: 8)
      func points(_ epoch: Int, _ first: Int) -> [[Double]] {
        data.epoch(epoch, startingAt: first).map { $0.tensors[0].doubles() }
      }
      #expect(points(0, 0).count == 3 && points(0, 1) == Array(points(0, 0).dropFirst()))
      #expect(points(0, 0) != points(1, 0) && points(0, 0)[0] != points(0, 0)[1])
      #expect(points(0, 0).joined().allSatisfy { abs($0) < 3 })
    }
  }
}
