import Apus
import Testing

@Suite struct StateLayoutTests {
  /// PyTorch has the inputs of all groups first and each group's outputs next; here a group's inputs come before the
  /// outputs of all.
  @Test(arguments: [1, 2]) func transposedConvolutionsAreRegrouped(groups: Int) throws {
    var key = RandomKey(3)
    let layer = ConvTranspose2D(4, 6, kernel: Pair(2, 3), groups: groups, key: &key)
    let entries = layer.stateDictionary()
    #expect(entries.map(\.name) == ["weight", "bias"] && entries[0].tensor.shape == [4, 6 / groups, 2, 3])
    let (ours, theirs) = (layer.weight, entries[0].tensor)
    for (input, output, row, column) in [(0, 0, 0, 0), (1, 1, 1, 2), (3, 6 / groups - 1, 0, 1)] {
      let group = input / (4 / groups)
      let place = ours[row, column, input % (4 / groups), group * (6 / groups) + output]
      #expect(theirs[input, output, row, column].item() == place.item())
    }
    let other = ConvTranspose2D(4, 6, kernel: Pair(2, 3), groups: groups, key: &key)
    try other.load(stateDictionary: Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.tensor) }))
    #expect(other.weight.scalars() == ours.scalars())
  }
}
