import Apus

extension VocabularyCalls {
  static let entropies: [String: [VocabularyCall]] = [
    "crossEntropy": [
      {
        crossEntropy(
          $0.x, $0.y, weights: $0.optional(2), labelSmoothing: $0.number("labelSmoothing", 0),
          ignoredLabel: $0.integer("ignoredLabel", -100), reduction: $0.reduction)
      }
    ],
    "softCrossEntropy": [
      {
        crossEntropy(
          $0.x, probabilities: $0.y, weights: $0.optional(2), labelSmoothing: $0.number("labelSmoothing", 0),
          reduction: $0.reduction)
      }
    ],
    "negativeLogLikelihood": [
      {
        negativeLogLikelihood(
          $0.x, $0.y, weights: $0.optional(2), ignoredLabel: $0.integer("ignoredLabel", -100), reduction: $0.reduction)
      }
    ],
    "logitsBinaryCrossEntropy": [
      {
        binaryCrossEntropy(
          logits: $0.x, $0.y, weights: $0.optional(2), positiveWeight: $0.optional(3), reduction: $0.reduction)
      }
    ],
    "binaryCrossEntropy": [
      { binaryCrossEntropy(probabilities: $0.x, $0.y, weights: $0.optional(2), reduction: $0.reduction) }
    ],
    "klDivergence": [
      { klDivergence($0.x, $0.y, isLogTarget: $0.flag("isLogTarget"), reduction: $0.reduction) }
    ],
    "gaussianKLDivergence": [
      { gaussianKLDivergence(means: $0.x, logVariances: $0.y, reduction: $0.reduction) }
    ],
    "ctcLoss": [
      {
        ctcLoss(
          $0.x.logSoftmax(), $0.y, inputLengths: $0.inputs[2], targetLengths: $0.inputs[3],
          blank: $0.integer("blank", 0), reduction: $0.reduction, zeroesInfinity: $0.flag("zeroesInfinity"))
      }
    ],
  ]

  static let regressions: [String: [VocabularyCall]] = [
    "meanSquaredError": [{ meanSquaredError($0.x, $0.y, weights: $0.optional(2), reduction: $0.reduction) }],
    "meanAbsoluteError": [{ meanAbsoluteError($0.x, $0.y, weights: $0.optional(2), reduction: $0.reduction) }],
    "huberLoss": [
      { huberLoss($0.x, $0.y, delta: $0.number("delta", 1), weights: $0.optional(2), reduction: $0.reduction) }
    ],
    "smoothL1Loss": [{ smoothL1Loss($0.x, $0.y, beta: $0.number("beta", 1), reduction: $0.reduction) }],
    "poissonNLLLoss": [
      {
        poissonNLLLoss(
          $0.x, $0.y, isLogarithm: $0.attributes["isLogarithm"]?.bool ?? true,
          includesStirling: $0.flag("includesStirling"), reduction: $0.reduction)
      }
    ],
    "gaussianNLLLoss": [
      {
        gaussianNLLLoss(
          $0.x, $0.y, variances: $0.inputs[2], includesConstant: $0.flag("includesConstant"),
          epsilon: $0.number("epsilon", 1e-6), reduction: $0.reduction)
      }
    ],
  ]

  static let margins: [String: [VocabularyCall]] = [
    "hingeLoss": [
      {
        hingeLoss(
          $0.x, $0.y, margin: $0.number("margin", 1), isSquared: $0.flag("isSquared"), reduction: $0.reduction)
      }
    ],
    "hingeEmbeddingLoss": [
      { hingeEmbeddingLoss($0.x, $0.y, margin: $0.number("margin", 1), reduction: $0.reduction) }
    ],
    "marginRankingLoss": [
      { marginRankingLoss($0.x, $0.y, $0.inputs[2], margin: $0.number("margin", 0), reduction: $0.reduction) }
    ],
    "softMarginLoss": [{ softMarginLoss($0.x, $0.y, reduction: $0.reduction) }],
    "multiMarginLoss": [
      {
        multiMarginLoss(
          $0.x, $0.y, power: $0.integer("power", 1), margin: $0.number("margin", 1), weights: $0.optional(2),
          reduction: $0.reduction)
      }
    ],
    "multilabelMarginLoss": [{ multilabelMarginLoss($0.x, $0.y, reduction: $0.reduction) }],
    "multilabelSoftMarginLoss": [
      { multilabelSoftMarginLoss($0.x, $0.y, weights: $0.optional(2), reduction: $0.reduction) }
    ],
    "normalized": [{ $0.x.normalized(order: $0.number("order", 2), axis: $0.axis) }],
    "cosineSimilarity": [{ cosineSimilarity($0.x, $0.y, axis: $0.axis) }],
    "pairwiseDistance": [{ pairwiseDistance($0.x, $0.y, order: $0.number("order", 2)) }],
    "cosineEmbeddingLoss": [
      { cosineEmbeddingLoss($0.x, $0.y, $0.inputs[2], margin: $0.number("margin", 0), reduction: $0.reduction) }
    ],
    "tripletMarginLoss": [
      {
        tripletMarginLoss(
          $0.x, positive: $0.y, negative: $0.inputs[2], margin: $0.number("margin", 1), order: $0.number("order", 2),
          swaps: $0.flag("swaps"), reduction: $0.reduction)
      }
    ],
  ]
}
