/** The user-space half of module loading: module trees, depmod, modprobe, and modinfo. */
module org.jkmod.kmod {
    exports org.jkmod.kmod;

    requires transitive org.jkmod.core;
    requires static transitive org.jspecify;
    requires com.github.luben.zstd_jni;
    requires com.google.common;
    requires org.tukaani.xz;
}
