import ApusNN
import ApusTensor

extension Recipe {
  /// A perceptron of one hidden layer, as scikit-learn's, on the columns of a table.
  static let table = Recipe(
    name: "table", summary: "perceptron with one hidden layer of 100 on a table of comma-separated values",
    dataset: "",
    work: .table { inputs, outputs, key in MultilayerPerceptron([inputs, 100, outputs], key: &key) },
    epochs: 200, batchSize: 32, learningRate: 1e-3, optimizer: "adam")
}
