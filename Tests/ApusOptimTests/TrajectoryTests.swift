import Apus
import Foundation
import Testing

/// Sixty steps in double precision as PyTorch takes them, or as the papers' equations do in NumPy.
@Suite struct TrajectoryTests {
  static func cases() throws -> [JSONValue] { try fixture("optimizer_trajectories", "trajectories") }

  @Test(arguments: try! cases())
  func followsTheTrajectory(_ expected: JSONValue) throws {
    let name = try #require(expected["optimizer"]?.string)
    let shape = Shape(try #require(expected["shape"]?.array).compactMap(\.int))
    let model = Vectors(Tensor(Problem.start, shape: shape, dtype: .float64))
    let optimizer = try makeOptimizer(name, try #require(expected["options"]), model)
    let points = try #require(expected["trajectory"]?.array)
    // PyTorch keeps numbers of these that are the same for all elements in single precision.
    let unit = ["NAdam", "AveragedSGD"].contains(name) ? 5e-8 : 1e-9
    for step in 1...60 {
      optimizer.take([Problem.gradient(model.first)])
      guard let point = points.first(where: { $0["step"]?.int == step }) else { continue }
      for (ours, theirs) in zip(model.first.doubles(), point["parameters"]!.doubles) {
        #expect(abs(ours - theirs) <= unit * max(1, abs(theirs)), "\(name), step \(step): \(ours), expected \(theirs)")
      }
    }
    #expect(points.count == 6)
  }

  /// Every optimizer that is declared has a trajectory in one of the fixtures, or a way of its own.
  @Test func everyOptimizerHasATrajectory() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appendingPathComponent("Sources/ApusOptim/Optimizers").path
    var names = Set(try Self.cases().compactMap { $0["optimizer"]?.string })
    // By their own tests: `lbfgsGoesPyTorchsWay`, `lineSearchFindsTheSameRates`.
    names.formUnion(["LBFGS", "LineSearch"])
    var declared: [String] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
      declared += text.matches(of: /public (?:final )?class (\w+): (?:Optimizer|Adam)\b/).map { String($0.1) }
    }
    #expect(declared.count >= 17)
    for name in declared { #expect(names.contains(name), "\(name)") }
  }

  /// Of Muon's parameters the vectors are updated as by AdamW, and kernels as matrices with a row for each output.
  @Test func muonTakesKernelsAsMatricesAndVectorsAsAdamW() {
    let kernel = Tensor(Problem.start, shape: [1, 3, 2], dtype: .float64)
    let model = Vectors(kernel, Tensor([1.0, -2], dtype: .float64))
    let (matrix, vector) = (Vectors(kernel.reshaped(to: [3, 2]).transposed()), Vectors([1, -2]))
    let optimizer = Muon(model, learningRate: 0.05, weightDecay: 0.2)
    let muon = Muon(matrix, learningRate: 0.05, weightDecay: 0.2)
    let adamW = AdamW(vector, learningRate: 0.05, beta2: 0.95, weightDecay: 0.2)
    for _ in 0..<10 {
      let gradient = Problem.gradient(model.first)
      optimizer.take([gradient, model.second! * 3])
      muon.take([gradient.reshaped(to: [3, 2]).transposed()])
      adamW.take([vector.first * 3])
    }
    #expect((model.first.reshaped(to: [3, 2]).transposed() - matrix.first).abs().max().item() < 1e-12)
    #expect((model.second! - vector.first).abs().max().item() < 1e-12)
    let left = Muon(model, isMatrix: { $0.path != "first" })
    #expect(left.stateEntries.contains { $0.path == "second_moment.first" })
  }

  /// The same in a compiled step, whose moments are updated in place, in single precision and with a parameter in half.
  @Test(arguments: try! cases(), [DType.float32, .bfloat16])
  func compiledStepsAreTheSame(_ expected: JSONValue, _ dtype: DType) throws {
    let name = try #require(expected["optimizer"]?.string)
    let options = try #require(expected["options"])
    let shape = Shape(try #require(expected["shape"]?.array).compactMap(\.int))
    func run(isCompiled: Bool) throws -> [Double] {
      let model = Vectors(Tensor(Problem.start, shape: shape, dtype: dtype))
      let optimizer = try makeOptimizer(name, options, model)
      let step = compile(updating: [model, optimizer]) { gradients in
        optimizer.update(gradients)
        return []
      }
      for _ in 0..<5 {
        let gradient = Problem.gradient(model.first)
        if isCompiled { _ = step([gradient]) } else { optimizer.take([gradient]) }
      }
      return model.first.doubles()
    }
    let (compiled, eager) = (try run(isCompiled: true), try run(isCompiled: false))
    let unit = dtype == .float32 ? 1e-5 : 2e-2
    for (a, b) in zip(compiled, eager) { #expect(abs(a - b) <= unit * max(1, abs(b)), "\(name): \(a), eager \(b)") }
    #expect(compiled != Problem.start)
  }

  /// L-BFGS on Rosenbrock's function: places, losses and numbers of evaluations.
  @Test(arguments: try! fixture("optimizer_trajectories", "rosenbrock"))
  func lbfgsGoesPyTorchsWay(_ expected: JSONValue) throws {
    let options = try #require(expected["options"])
    let model = Vectors([-1.2, 1])
    let optimizer = LBFGS(
      model, learningRate: options.number("learningRate") ?? 1, maxIterations: options["maxIterations"]!.int!,
      historySize: options["historySize"]?.int ?? 100,
      search: options["search"]?.string == "fixed" ? .fixed : .strongWolfe)
    for (number, step) in try #require(expected["steps"]?.array).enumerated() {
      let loss = optimizer.step { Surface.evaluated(model, Surface.rosenbrock) }
      let theirs = step.number("loss")!
      #expect(abs(loss - theirs) <= 1e-7 * max(1e-3, abs(theirs)), "step \(number): loss \(loss), PyTorch \(theirs)")
      for (ours, theirs) in zip(model.first.doubles(), step["parameters"]!.doubles) {
        #expect(abs(ours - theirs) <= 1e-7, "step \(number): \(ours), PyTorch \(theirs)")
      }
      #expect(optimizer.evaluationCount == step["evaluations"]!.int!, "step \(number)")
    }
  }

  /// Steepest descent with a rate searched for at each step, as NumPy goes by the same rules.
  @Test(arguments: try! fixture("optimizer_trajectories", "lineSearches"))
  func lineSearchFindsTheSameRates(_ expected: JSONValue) throws {
    let options = try #require(expected["options"])
    let method: LineSearch.Method =
      if let rates = options["grid"] {
        .grid(rates.doubles)
      } else {
        .backtracking(
          first: options.number("first")!, shrink: options.number("shrink")!, slope: options.number("slope")!)
      }
    let model = Vectors([1, 1])
    let optimizer = LineSearch(model, method)
    for (number, step) in try #require(expected["steps"]?.array).enumerated() {
      let loss = optimizer.step { Surface.evaluated(model, Surface.valley) }
      let theirs = step.number("loss")!
      #expect(abs(loss - theirs) <= 1e-9 * max(1e-3, theirs), "step \(number): loss \(loss), expected \(theirs)")
      #expect(abs(optimizer.learningRate - step.number("rate")!) < 1e-12, "step \(number)")
      for (ours, theirs) in zip(model.first.doubles(), step["parameters"]!.doubles) {
        #expect(abs(ours - theirs) <= 1e-9, "step \(number): \(ours), expected \(theirs)")
      }
    }
  }
}

/// Losses over two parameters.
enum Surface {
  static func rosenbrock(_ w: Tensor) -> Tensor {
    let (x, y) = (w[0], w[1])
    return (y - x.squared()).squared() * 100 + (1 - x).squared()
  }

  /// An ill-conditioned valley: a hundred times steeper across than along.
  static func valley(_ w: Tensor) -> Tensor { w[0].squared() * 50 + w[1].squared() * 0.5 }

  static func evaluated(_ model: Vectors, _ surface: (Tensor) -> Tensor) -> LossAndGradients {
    valueAndGrad(model) { surface(model.first) }
  }
}
