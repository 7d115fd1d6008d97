import Apus
import Testing

@Suite struct LossTests {
  /// The alignments of two labels in three times, counted by hand.
  @Test func ctcSumsOverAlignments() {
    // Every class has probability 1/3 at each time: each alignment has (1/3)³.
    let uniform = Tensor.zeros([1, 3, 3]).logSoftmax()
    func alignments(_ labels: [Int32]) -> Double {
      let loss = ctcLoss(uniform, Tensor(labels, shape: [1, labels.count]), reduction: .sum).item()
      return Double(27) * Tensor(-loss, dtype: .float64).exp().item()
    }
    // aab, abb, _ab, a_b, ab_ read as ab; a_a alone as aa; aaa, a__, _a_, __a, aa_, _aa as a.
    #expect(
      abs(alignments([1, 2]) - 5) < 1e-5 && abs(alignments([1, 1]) - 1) < 1e-5 && abs(alignments([1]) - 6) < 1e-5)
    #expect(ctcLoss(uniform, Tensor([1, 1, 2] as [Int32], shape: [1, 3]), reduction: .sum).item() == .infinity)
  }

  @Test func ctcOfWhatHasNoAlignment() {
    let logits = Tensor.range(18, dtype: .float32).sin().reshaped(to: [2, 3, 3])
    let targets = Tensor([1, 1, 2, 1, 2, 0] as [Int32], shape: [2, 3])
    func loss(_ x: Tensor, zeroes: Bool) -> Tensor {
      ctcLoss(
        x.logSoftmax(), targets, targetLengths: Tensor([3, 2] as [Int32]), reduction: .none, zeroesInfinity: zeroes)
    }
    let raw = loss(logits, zeroes: false).doubles()
    #expect(raw[0] == .infinity && raw[1].isFinite)
    #expect(loss(logits, zeroes: true).doubles() == [0, raw[1]])
    // What cannot be learned moves nothing; the rest is as it was alone.
    let gradient = grad { loss($0, zeroes: true).sum() }(logits)
    #expect(gradient.isFinite().all().item() == 1)
    #expect(gradient[0].abs().max().item() == 0 && gradient[1].abs().max().item() > 0)
    #expect(grad { loss($0, zeroes: false)[1] }(logits)[1].doubles() == gradient[1].doubles())
    // Without times nothing can be read but nothing.
    let lengths = Tensor([0, 3] as [Int32])
    let short = ctcLoss(
      logits.logSoftmax(), targets, inputLengths: lengths, targetLengths: Tensor([0, 1] as [Int32]), reduction: .none)
    #expect(short[0].item() == 0 && short[1].item().isFinite)
  }

  @Test func labelsThatAreNoneAreNotANumber() {
    let x = Tensor.zeros([2, 3])
    #expect(crossEntropy(x, Tensor([0, 3])).item().isNaN)
    #expect(negativeLogLikelihood(x, Tensor([-1, 0])).item().isNaN)
    #expect(multiMarginLoss(x, Tensor([0, 5])).item().isNaN)
    #expect(ctcLoss(x.reshaped(to: [1, 2, 3]), Tensor([3], shape: [1, 1])).item().isNaN)
    #expect(ctcLoss(x.reshaped(to: [1, 2, 3]), Tensor([0], shape: [1, 1])).item().isNaN)
    #expect(abs(negativeLogLikelihood(x - 1, Tensor([-100, 0])).item() - 1) < 1e-6)
  }

  /// Both ways to smooth labels leave probabilities that add up to one.
  @Test func smoothedLabelsAddUpToOne() {
    let labels = Tensor([2, 0] as [Int32]).oneHot(4)
    func isClose(_ x: Tensor, _ y: [Double]) -> Bool { zip(x.doubles(), y).allSatisfy { abs($0 - $1) < 1e-6 } }
    let (all, others) = (labels.smoothingLabels(0.1), labels.smoothingLabels(0.1, over: .others))
    #expect(isClose(all[0], [0.025, 0.025, 0.925, 0.025]))
    #expect(isClose(others[0], [0.1 / 3, 0.1 / 3, 0.9, 0.1 / 3]))
    #expect(isClose(all.sum(axis: 1), [1, 1]) && isClose(others.sum(axis: 1), [1, 1]))
    // The loss of smoothed labels is that of labels smoothed.
    let logits = Tensor([1, -2, 0.5, 3, 0.1, 0.2, -0.3, 0.4] as [Float], shape: [2, 4])
    let smooth = crossEntropy(logits, Tensor([2, 0] as [Int32]), labelSmoothing: 0.1).item()
    #expect(abs(crossEntropy(logits, probabilities: all).item() - smooth) < 1e-6)
  }

  /// From probabilities: the second derivative is y/p² + (1 − y)/(1 − p)².
  @Test func binaryCrossEntropyHasASecondDerivative() {
    let (p, y) = (Tensor([0.2, 0.5, 0.9], dtype: .float64), Tensor([1, 0.3, 0], dtype: .float64))
    let curvature = grad { x in
      valueAndGradient(at: [x]) { binaryCrossEntropy(probabilities: $0[0], y, reduction: .sum) }.gradients[0].sum()
    }(p).doubles()
    for (ours, wanted) in zip(curvature, [25, 0.3 / 0.25 + 0.7 / 0.25, 100]) { #expect(abs(ours / wanted - 1) < 1e-9) }
  }

  /// CTC is a part of compiled and vectorised functions like any other, in double precision, too.
  @Test func ctcInTransforms() {
    let logits = Tensor.range(2 * 5 * 4, dtype: .float64).cos().reshaped(to: [2, 5, 4])
    let targets = Tensor([1, 3, 2, 2] as [Int32], shape: [2, 2])
    let each = ctcLoss(logits.logSoftmax(), targets, reduction: .none)
    let compiled = compile { (x: Tensor) in ctcLoss(x.logSoftmax(), targets, reduction: .none) }(logits)
    #expect((each - compiled).abs().max().item() < 1e-12)
    let mapped = vmap { (x: [Tensor]) in
      [ctcLoss(x[0].expandingAxis(0).logSoftmax(), x[1].expandingAxis(0), reduction: .sum)]
    }([logits, targets])[0]
    #expect((each - mapped).abs().max().item() < 1e-12)
    let direction = Tensor.range(40, dtype: .float64).sin().reshaped(to: [2, 5, 4])
    let loss = { (x: Tensor) in ctcLoss(x.logSoftmax(), targets) }
    let slope = (grad(loss)(logits) * direction).sum().item()
    let difference = (loss(logits + direction * 1e-5) - loss(logits - direction * 1e-5)).item() / 2e-5
    #expect(abs(slope - difference) < 1e-8)
    #expect(abs(jvp(at: logits, tangent: direction, loss).tangent.item() - slope) < 1e-12)
  }

  /// Results have the type of what is judged, in half precision, too.
  @Test func typesStay() {
    for dtype in [DType.float16, .bfloat16] {
      let x = Tensor([-2, -0.5, 0.25, 3], shape: [2, 2], dtype: dtype)
      for activation in Activation.allCases { #expect(activation(x).dtype == dtype, "\(activation)") }
      let y = Tensor([0, 1, 1, 0], shape: [2, 2], dtype: dtype)
      let losses = [
        meanSquaredError(x, y), huberLoss(x, y), smoothL1Loss(x, y), binaryCrossEntropy(logits: x, y),
        binaryCrossEntropy(probabilities: y, y), crossEntropy(x, probabilities: y), hingeLoss(x, y), klDivergence(x, y),
        negativeLogLikelihood(x, Tensor([0, 1])), poissonNLLLoss(x, y), tripletMarginLoss(x, positive: y, negative: -y),
        ctcLoss(x.reshaped(to: [1, 2, 2]), Tensor([1], shape: [1, 1])), multiMarginLoss(x, Tensor([0, 1])),
      ]
      for (place, loss) in losses.enumerated() {
        #expect(loss.dtype == dtype && loss.item().isFinite, "loss \(place): \(loss.dtype) \(loss)")
      }
    }
  }

  /// A distance of one's own.
  @Test func tripletsByAnotherDistance() {
    let (a, p, n) = (Tensor([1, 0] as [Float]), Tensor([0, 1] as [Float]), Tensor([-1, 0] as [Float]))
    let loss = tripletMarginLoss(a, positive: p, negative: n, margin: 0.5) { 1 - cosineSimilarity($0, $1) }
    #expect(abs(loss.item()) < 1e-6)
    let swapped = tripletMarginLoss(a, positive: p, negative: n, margin: 0.5, swaps: true) {
      1 - cosineSimilarity($0, $1)
    }
    #expect(abs(swapped.item() - 0.5) < 1e-6)
  }

  private static func t(_ sizes: Int...) -> Tensor { .zeros(Shape(sizes)) }

  @Test(arguments: [
    ToldMistake(
      "meanSquaredError: targets [4, 1] for predictions [4], expected the same shape",
      { meanSquaredError(t(4), t(4, 1)) }
    ),
    ToldMistake("huberLoss: delta 0.0, expected a number above 0.0", { huberLoss(t(2), t(2), delta: 0) }),
    ToldMistake("smoothL1Loss: beta -1.0, expected a number no less than 0.0", { smoothL1Loss(t(2), t(2), beta: -1) }),
    ToldMistake(
      "crossEntropy: probabilities [2, 4] for logits [2, 3], expected the same shape",
      { crossEntropy(t(2, 3), probabilities: t(2, 4)) }
    ),
    ToldMistake(
      "crossEntropy: label smoothing 2.0, expected 0 to 1",
      { crossEntropy(t(2, 3), probabilities: t(2, 3), labelSmoothing: 2) }),
    ToldMistake(
      "negativeLogLikelihood: weights [2] for log-probabilities [1, 3], expected [3]",
      { negativeLogLikelihood(t(1, 3), Tensor([0]), weights: t(2)) }
    ),
    ToldMistake("multiMarginLoss: power 3, expected 1 or 2", { multiMarginLoss(t(1, 3), Tensor([0]), power: 3) }),
    ToldMistake(
      "gaussianNLLLoss: variances [3] for predictions [2, 3], expected the same shape, or 1 or nothing for the last axis",
      { gaussianNLLLoss(t(2, 3), t(2, 3), variances: t(3)) }
    ),
    ToldMistake(
      "ctcLoss: log-probabilities [2, 3] and targets float32[2, 1], expected [batch, time, classes] and integers "
        + "[batch, labels]", { ctcLoss(t(2, 3), t(2, 1)) }
    ),
    ToldMistake(
      "ctcLoss: blank 3 of 3 classes, expected 0 to 2", { ctcLoss(t(1, 2, 3), Tensor([1], shape: [1, 1]), blank: 3) }),
    ToldMistake(
      "ctcLoss: input lengths float32[1], expected integers of shape [1]",
      { ctcLoss(t(1, 2, 3), Tensor([1], shape: [1, 1]), inputLengths: t(1)) }
    ),
    ToldMistake(
      "tripletMarginLoss: negative [3] for anchor [2], expected the same shape",
      { tripletMarginLoss(t(2), positive: t(2), negative: t(3)) }
    ),
    ToldMistake(
      "cosineEmbeddingLoss: targets [2, 3] for [2, 3], expected [2]",
      { cosineEmbeddingLoss(t(2, 3), t(2, 3), t(2, 3)) }
    ),
    ToldMistake("smoothingLabels: by 1.5, expected 0 to 1", { t(2, 3).smoothingLabels(1.5) }),
  ])
  func mistakesAreTold(_ mistake: ToldMistake) { mistake.check() }
}
