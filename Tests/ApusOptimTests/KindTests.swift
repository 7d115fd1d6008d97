import Apus
import Testing

/// What can be chosen by name.
@Suite struct KindTests {
  @Test(arguments: OptimizerKind.allCases)
  func everyOptimizerGoesDownhill(_ kind: OptimizerKind) {
    let model = Vectors([2, -1, 0.5], dtype: .float32)
    let optimizer = kind.make(model, learningRate: kind.usualLearningRate ?? 1e-2)
    func loss() -> Tensor { (model.first - Tensor([Float(1), 1, 1])).squared().sum() }
    let before = loss().item()
    for _ in 0..<20 {
      let (_, gradients) = valueAndGrad(model, loss)
      optimizer.take(gradients)
    }
    #expect(loss().item() < before, "\(kind): from \(before) to \(loss().item())")
  }

  @Test(arguments: ScheduleKind.allCases, [1, 7, 100, 1000])
  func everyScheduleStaysBelowItsRate(_ kind: ScheduleKind, _ steps: Int) {
    let schedule = kind.make(learningRate: 0.3, steps: steps, withMomentum: false)
    let rates = (0..<steps).map { schedule.rate(0.3, step: $0) }
    #expect(rates.allSatisfy { (-1e-12...0.3 + 1e-12).contains($0) }, "\(kind): \(rates)")
    #expect(!schedule.hasMomentum)
    guard steps > 100 else { return }
    #expect(rates.max()! > 0.29)
    #expect(kind == .constant || rates[steps - 1] < 0.11, "\(kind) ends with \(rates[steps - 1])")
  }
}
