package org.jkmod.arch.aarch64;

import org.jkmod.core.ArchitectureContractTest;

/** Runs the contract over every row. */
class AArch64ContractTest extends ArchitectureContractTest {
    AArch64ContractTest() {
        super(new AArch64Architecture());
    }
}
