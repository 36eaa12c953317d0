package org.jkmod.arch.x86_64;

import java.util.List;
import org.jkmod.core.AddressRange;
import org.jkmod.core.Architecture;
import org.jkmod.core.ArchitectureFacts;
import org.jkmod.core.Generation;
import org.jkmod.core.MemoryMap;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationType;

/** An architecture with little room for modules. */
record SmallRegion(Architecture other, AddressRange moduleRegion) implements Architecture {
    @Override
    public ArchitectureFacts facts() {
        ArchitectureFacts facts = other.facts();
        return new ArchitectureFacts(
                facts.name(),
                facts.aliases(),
                facts.machine(),
                facts.elfClass(),
                facts.byteOrder(),
                List.of(MemoryMap.fixed(
                        Generation.LINUX_6_1,
                        facts.memoryMaps().get(0).image(),
                        facts.memoryMaps().get(0).perCpu(),
                        MemoryMap.ModuleRegion.of(moduleRegion))),
                facts.prel32(),
                facts.relocationErrno());
    }

    @Override
    public List<? extends RelocationType> relocationTypes() {
        return other.relocationTypes();
    }

    @Override
    public List<String> messages(RelocationFailure failure, String module, Generation generation) {
        return other.messages(failure, module, generation);
    }
}
