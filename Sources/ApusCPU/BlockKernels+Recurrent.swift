import ApusCore
import CApusKernels

extension View {
  /// Rows of neighbours, or of one value.
  fileprivate var isRows: Bool { shape.rank == 2 && dtype == .float32 && (columnStride == 1 || columnStride == 0) }

  private var columnStride: Int { shape[1] == 1 ? 1 : strides[1] }

  fileprivate func rows(_ values: UnsafePointer<Float>?) -> apus_rows {
    apus_rows(values: values, row: strides[0], column: columnStride)
  }
}

extension LSTMUpdate: KernelBlock {
  func reads(_ view: View, operand: Int) -> Bool { view.isRows }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (batch, hidden) = (operands[1].shape[0], operands[1].shape[1])
    return BlockCall {
      apus_lstm_update_f32(
        batch, hidden, operands[0].rows($0.floats(0)), operands[1].rows($0.floats(1)), $0.result(0), $0.result(1),
        $0.result(2))
    }
  }
}

extension LSTMCellGradient: KernelBlock {
  func reads(_ view: View, operand: Int) -> Bool { view.isRows }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (batch, hidden) = (operands[1].shape[0], operands[1].shape[1])
    return BlockCall { memory in
      let rows = operands.enumerated().map { $1.rows(memory.floats($0)) }
      var parts = apus_lstm_gradient(
        gates: rows[0], cell: rows[1], next_cell: rows[2], hidden_cotangent: rows[3], cell_cotangent: rows[4],
        gates_cotangent: rows[5])
      apus_lstm_gradient_f32(batch, hidden, &parts, memory.result(0), memory.result(1))
    }
  }
}

extension GRUUpdate: KernelBlock {
  func reads(_ view: View, operand: Int) -> Bool { view.isRows }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (batch, hidden) = (operands[2].shape[0], operands[2].shape[1])
    return BlockCall {
      apus_gru_update_f32(
        batch, hidden, operands[0].rows($0.floats(0)), operands[1].rows($0.floats(1)), operands[2].rows($0.floats(2)),
        $0.result(0), $0.result(1))
    }
  }
}

extension GRUCellGradient: KernelBlock {
  func reads(_ view: View, operand: Int) -> Bool { view.isRows }

  func call(_ operands: [View], _ results: [View]) -> BlockCall {
    let (batch, hidden) = (operands[1].shape[0], operands[1].shape[1])
    return BlockCall { memory in
      let rows = operands.enumerated().map { $1.rows(memory.floats($0)) }
      var parts = apus_gru_gradient(gates: rows[0], state: rows[1], cotangent: rows[2], gates_cotangent: rows[3])
      apus_gru_gradient_f32(batch, hidden, &parts, memory.result(0), memory.result(1), memory.result(2))
    }
  }
}
