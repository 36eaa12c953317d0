package org.jkmod.arch.riscv64;

import org.jkmod.core.ArchitectureContractTest;

/** Runs the contract over every row. */
class Riscv64ContractTest extends ArchitectureContractTest {
    Riscv64ContractTest() {
        super(new Riscv64Architecture());
    }
}
