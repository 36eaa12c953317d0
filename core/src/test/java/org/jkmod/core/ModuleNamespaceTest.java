package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code verify_module_namespace} (kernel/module/main.c, 7.2); {@code EXPORT_SYMBOL_FOR_MODULES} in Documentation. */
class ModuleNamespaceTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "module:kvm             | kvm       | true",
                "module:kvm             | kvm_intel | false",
                "module:kvm_intel       | kvm       | false",
                "module:kvm,kvm-intel   | kvm_intel | true",
                "module:kvm,kvm-*       | kvm_amd   | true",
                "module:kvm-*           | kvm       | false",
                "module:kvm*            | kvm       | true",
                "module:*               | anything  | true",
                "module:a_b             | a_b       | true",
                "module:a-b             | a_b       | true",
                // only a last star is one
                "module:k*m             | kvm       | false",
                "module:*m              | kvm       | false",
                // not such namespaces
                "KVM                    | kvm       | false",
                "Module:kvm             | kvm       | false",
                "module:                | kvm       | false",
                "module                 | kvm       | false",
                "xmodule:kvm            | kvm       | false",
                // no blanks are cut off
                "module:kvm, kvm_intel  | kvm_intel | false",
                "module:kvm,            | kvm       | true",
                "module:,kvm            | kvm       | true",
            })
    void namespace_forAModule_admitsItOrNot(String namespace, String module, boolean admitted) {
        assertThat(ModuleNamespace.admits(namespace, module)).isEqualTo(admitted);
    }
}
