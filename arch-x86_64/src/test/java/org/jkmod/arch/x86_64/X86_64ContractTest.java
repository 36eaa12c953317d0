package org.jkmod.arch.x86_64;

import org.jkmod.core.ArchitectureContractTest;

class X86_64ContractTest extends ArchitectureContractTest {
    X86_64ContractTest() {
        super(new X86_64Architecture());
    }
}
