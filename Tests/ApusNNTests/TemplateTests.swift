import Apus
import Testing

/// A filter as a template.
@Suite struct TemplateTests {
  /// Of all patches of the same size a filter's product is largest with the one that is it (Cauchy & Schwarz): it is found
  /// wherever it is.
  @Test func filtersFindWhatTheyAre() {
    var key = RandomKey(12)
    let template = Tensor.normal([5, 5], key: &key)
    for (row, column) in [(0, 0), (3, 7), (11, 2), (15, 15)] {
      let place = [Tensor(row, dtype: .int32), Tensor(column, dtype: .int32)]
      let image = (Tensor.normal([20, 20], key: &key) * 0.2).updating(with: template, at: place)
      let norms = (image * image).reshaped(to: [1, 20, 20, 1]).conv2D(.ones([5, 5, 1, 1])).sqrt()
      let scores = image.reshaped(to: [1, 20, 20, 1]).conv2D(template.reshaped(to: [5, 5, 1, 1])) / norms
      let best = Int(scores.flattened().argMax().item())
      #expect(best == row * 16 + column)
      let norm = (template * template).sum().sqrt().item()
      #expect(abs(scores.max().item() - norm) < 1e-4 * norm)
    }
  }
}
