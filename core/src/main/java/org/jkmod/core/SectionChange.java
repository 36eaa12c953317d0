package org.jkmod.core;

/**
 * What an architecture changes in a section header before the layout ({@code module_frob_arch_sections}).
 *
 * @param section the section's index
 * @param cleared whether the section loses its content and gets {@code flags} and {@code size}; else only its alignment changes
 * @param flags {@code sh_flags}
 * @param alignment {@code sh_addralign} in bytes
 * @param size {@code sh_size} in bytes
 */
public record SectionChange(int section, boolean cleared, long flags, long alignment, long size) {
    /** A section that is filled while the module is loaded, in place of what the file has there. */
    public static SectionChange filled(int section, long flags, long alignment, long size) {
        return new SectionChange(section, true, flags, alignment, size);
    }

    /** A section that needs another alignment. */
    public static SectionChange aligned(int section, long alignment) {
        return new SectionChange(section, false, 0, alignment, 0);
    }
}
