package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/**
 * Who does cryptography: the providers that Java is configured with, and behind them those that the service loader finds beside this
 * library. The latter are looked for only once the former lack something, since a large one takes long to begin.
 */
final class CryptoProviders {
    /** Initialised when somebody asks for it. */
    private static final class Found {
        static final List<Provider> PROVIDERS = load();

        private static List<Provider> load() {
            ImmutableList.Builder<Provider> found = ImmutableList.builder();
            Iterator<Provider> providers = ServiceLoader.load(Provider.class, CryptoProviders.class.getClassLoader())
                    .iterator();
            boolean more = true;
            while (more) {
                try {
                    more = providers.hasNext();
                    if (more) {
                        found.add(providers.next());
                    }
                } catch (ServiceConfigurationError e) {
                    // One that does not work is none; the next call goes on behind it.
                }
            }
            return found.build();
        }
    }

    private CryptoProviders() {}

    /**
     * The provider of something.
     *
     * @param type {@code Signature}, {@code MessageDigest}
     * @param algorithm as in the documentation of Java's security: {@code ML-DSA}
     * @throws NoSuchAlgorithmException if there is none
     */
    static Provider of(String type, String algorithm) throws NoSuchAlgorithmException {
        for (Provider provider : Security.getProviders()) {
            if (provider.getService(type, algorithm) != null) {
                return provider;
            }
        }
        for (Provider provider : Found.PROVIDERS) {
            if (provider.getService(type, algorithm) != null) {
                return provider;
            }
        }
        throw new NoSuchAlgorithmException(type + " " + algorithm);
    }
}
