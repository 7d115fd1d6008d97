import Apus
import Testing

@Suite struct LossSurfaceTests {
  /// Minima from the literature: value 0 for Beale at (3, 0.5) and Rosenbrock at (1, 1), no slope at any.
  @Test func minimaAreWhereTheyAreSaidToBe() throws {
    for surface in LossSurface.all {
      let minimum = try #require(surface.minimum)
      let gradient = surface.gradient(minimum.x, minimum.y)
      #expect(gradient.x.magnitude < 1e-9 && gradient.y.magnitude < 1e-9, "\(surface.name)")
      #expect(surface.curvatures(minimum.x, minimum.y).least > 0, "\(surface.name)")
    }
    #expect(LossSurface.beale.value(3, 0.5) == 0 && LossSurface.rosenbrock.value(1, 1) == 0)
    // Known values: 14.203125 at Beale's origin, 24.2 at Rosenbrock's usual start.
    #expect((LossSurface.beale.value(0, 0) - 14.203125).magnitude < 1e-12)
    #expect((LossSurface.rosenbrock.value(-1.2, 1) - 24.2).magnitude < 1e-12)
  }

  /// Eigenvalues of [[802, −400], [−400, 200]] and of diagonal matrices.
  @Test func curvaturesAreEigenvaluesOfTheHessian() {
    func expect(_ surface: LossSurface, _ place: (Double, Double), _ least: Double, _ greatest: Double) {
      let found = surface.curvatures(place.0, place.1)
      #expect((found.least - least).magnitude < 1e-6 && (found.greatest - greatest).magnitude < 1e-6, "\(surface.name)")
    }
    let root = (301.0 * 301 + 400 * 400).squareRoot()
    expect(.rosenbrock, (1, 1), 501 - root, 501 + root)
    expect(.saddle, (0, 0), -2, 2)
    expect(.valley, (0, 0), 0.1, 2)
    let plateau = LossSurface.plateau.curvatures(-3.9, 0)
    #expect(plateau.least.magnitude < 0.02 && plateau.greatest.magnitude < 0.02)
  }

  /// Heavy-ball momentum on the valley is the recursion u ← 0.9u + g, w ← w − 0.3u along each axis.
  @Test func pathsAreThoseOfTheOptimizer() {
    let path = LossSurface.valley.path(steps: 60) { SGD($0, learningRate: 0.3, momentum: 0.9) }
    #expect(path.count == 61)
    var (x, y, u, v) = (-4.5, 1.6, 0.0, 0.0)
    for place in path {
      #expect((place.x - x).magnitude < 1e-9 && (place.y - y).magnitude < 1e-9)
      (u, v) = (0.9 * u + 0.1 * x, 0.9 * v + 2 * y)
      (x, y) = (x - 0.3 * u, y - 0.3 * v)
    }
    // A path that leaves the numbers ends.
    let lost = LossSurface.rosenbrock.path(steps: 50) { SGD($0, learningRate: 1) }
    #expect(lost.count < 10)
  }

  @Test func momentumIsQuickerThroughTheValley() {
    let surface = LossSurface.valley
    func last(_ make: (Module) -> Optimizer) -> Double {
      let end = surface.path(steps: 100, make)[100]
      return surface.value(end.x, end.y)
    }
    let plain = last { SGD($0, learningRate: 0.3) }
    let momentum = last { SGD($0, learningRate: 0.3, momentum: 0.9) }
    let nesterov = last { SGD($0, learningRate: 0.3, momentum: 0.9, nesterov: true) }
    #expect(momentum < plain / 10 && nesterov < momentum)
  }
}
