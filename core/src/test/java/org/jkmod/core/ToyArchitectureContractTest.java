package org.jkmod.core;

/** The engine with fields of every shape: what the real architectures have, and a little more. */
class ToyArchitectureContractTest extends ArchitectureContractTest {
    ToyArchitectureContractTest() {
        super(new ToyArchitecture());
    }
}
