/**
 * Concurrency stress tests: what may be seen of a kernel while several threads load, unload, look up and count references.
 *
 * <p>A test is a small class: its fields are the state, of which jcstress makes very many; its actors run at the same time, each once a
 * state; its arbiter looks at what is left. An {@code Outcome} says which results are right and why; any other fails the test. A nightly
 * run has jcstress take each test four seconds in each of two virtual machines: {@code mvn -Pnightly verify -pl stress -am}.
 */
package org.jkmod.stress;
