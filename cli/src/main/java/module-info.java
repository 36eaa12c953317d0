/** The {@code jkmod} command. */
module org.jkmod.cli {
    requires org.jkmod.core;
    requires org.jkmod.kmod;
    requires com.google.gson;
    requires info.picocli;
    requires java.xml;
    requires static org.jspecify;

    opens org.jkmod.cli to
            com.google.gson,
            info.picocli;

    uses org.jkmod.core.Architecture;
}
