/** The user-space half of module loading: module trees, depmod, modprobe, and modinfo. */
module org.jkmod.kmod {
    exports org.jkmod.kmod;

    requires transitive org.jkmod.core;
    requires static transitive org.jspecify;
    requires com.github.luben.zstd_jni;
    requires transitive com.google.common;
    requires org.apache.commons.compress;
    requires org.bouncycastle.provider;
    requires org.bouncycastle.util;
    requires org.tukaani.xz;
}
