import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;

/**
 * Prints the configuration properties of the Kafka clients on the class path, one a line and in order of their names:
 * {@code producer | consumer}, name, type, default, whether it is internal; separated by tabs.
 *
 * <p>{@code java -cp kafka-clients.jar:slf4j-api.jar ProducerNames.java > kafka-4.3-properties.tsv}
 */
public final class ProducerNames {
    public static void main(String[] arguments) {
        print("producer", ProducerConfig.configDef());
        print("consumer", ConsumerConfig.configDef());
    }

    private static void print(String client, ConfigDef definition) {
        Map<String, ConfigDef.ConfigKey> keys = new TreeMap<>(definition.configKeys());
        for (ConfigDef.ConfigKey key : keys.values()) {
            String initial = key.hasDefault() ? String.valueOf(key.defaultValue) : "(required)";
            System.out.println(String.join("\t", client, key.name, key.type.toString(),
                    initial.replace('\t', ' ').replace('\n', ' '), key.internalConfig ? "internal" : "public"));
        }
    }
}
