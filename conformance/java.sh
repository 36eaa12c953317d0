# shellcheck shell=sh
# Sourced by the scripts that are half Java: builds this checkout if something in it is newer than its classes, and runs them. The
# sourcing script sets $main, the checkout, and has a function die.

# run_class CLASS ARGUMENT...: runs a class of org.jkmod.conformance.
# shellcheck disable=SC2154  # the scripts set it
run_class() {
    class=$1
    shift
    java=${JAVA_HOME:+$JAVA_HOME/bin/}java
    built=$main/conformance/target/.built
    if [ ! -e "$built" ] || [ -n "$(find "$main"/pom.xml "$main"/*/pom.xml "$main"/*/src/main -newer "$built" 2>/dev/null)" ]; then
        command -v mvn >/dev/null || die "mvn (Maven, 3.8 or newer) is needed"
        echo "building (once) ..." >&2
        mkdir -p "$main/conformance/target"
        : >"$built.new"
        (cd "$main" && mvn -B -pl conformance -am -DskipTests package) >"$main/conformance/target/build.log" 2>&1 </dev/null ||
            die "the build failed: see $main/conformance/target/build.log"
        mv "$built.new" "$built"
    fi
    "$java" -Xmx2g -XX:+UseParallelGC -cp "$main/conformance/target/classes:$main/cli/target/jkmod-cli.jar:$main/cli/target/lib/*" \
        "org.jkmod.conformance.$class" "$@"
}
