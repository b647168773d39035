import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.config.SaslConfigs;

/**
 * Prints, one JSON line each, texts and what Kafka makes of them as {@code sasl.jaas.config} of a client: module and options, or
 * null where it throws.
 *
 * <p>{@code java -cp kafka-clients.jar:slf4j-api.jar ParseJaas.java > jaas.jsonl}
 */
public final class ParseJaas {
    private static final String[] TEXTS = {
        "a.B required;",
        "a.B required username=\"u\" password=\"p\";",
        "  a.B\n REQUIRED\tusername = 'u'\r\n  password= \"p\" ;\n",
        "a.B requisite; ",
        "a.B sufficient;",
        "a.B optional;",
        "a.B needed;",
        "a.B required",
        "a.B",
        "",
        ";",
        "a.B required; c.D required;",
        "a.B required;;",
        "a.B required x=\"\\\"\\\\\\n\\t\\a\\b\\f\\r\\v\\q\";",
        "a.B required x=\"\\101\\1012\\400\\7\\08\\377\";",
        "a.B required x='\"' y=\"'\";",
        "a.B required x=true y=some-word z=a_b$c.d;",
        "a.B required x=1;",
        "a.B required x=a1 y=a-1 z=a.1;",
        "a.B required x=-a;",
        "a.B required x=/etc/keytab;",
        "a.B required x=\"/etc/keytab\";",
        "a.B required // comment\n x=y;",
        "a.B required /* comment\n * more */ x=y;",
        "a.B required / comment\n x=y;",
        "# a\na.B required x=y;",
        "a.B required x y;",
        "a.B required x=;",
        "a.B required =y;",
        "a.B required x==y;",
        "a.B required x=y z=;",
        "a.B required x=y, z=w;",
        "a.B required x=y x=z;",
        "a.B required \"x\"=\"y\";",
        "\"a.B\" required x=y;",
        "a.B \"required\" x=y;",
        "1.B required;",
        "a.B required x=\u00e9\u4e2d\ud83d\ude00;",
        "a.B required x=\"\u00e9\u4e2d\ud83d\ude00 \\\u00e9\";",
        "a.B required x=\"a;b\" y=\"c=d\";",
        "a.B required x=a@b;",
        "a.B required x=\"a\"y=\"b\";",
        "a.B required x=\"a\"\"b\";",
        "a.B required x=\"/*\" y=\"//\";",
        "a.B required x=y; /* end */",
        "a.B required x=y; // end",
        "a.B required x=y; /* never closed",
        "a$B required x=y;",
        "_a required x=y;",
    };

    public static void main(String[] arguments) {
        for (String text : TEXTS) {
            System.out.println("[" + quoted(text) + ", " + parsed(text) + "]");
        }
    }

    private static String parsed(String text) {
        try {
            Map<String, Object> configs = Map.of(SaslConfigs.SASL_JAAS_CONFIG, new Password(text));
            List<AppConfigurationEntry> entries = JaasContext.loadClientContext(configs).configurationEntries();
            AppConfigurationEntry entry = entries.get(0);
            StringBuilder object = new StringBuilder("{");
            new TreeMap<>(entry.getOptions()).forEach((key, value) -> object.append(object.length() > 1 ? ", " : "")
                    .append(quoted(key)).append(": ").append(quoted((String) value)));
            return "[" + quoted(entry.getLoginModuleName()) + ", " + object.append("}]");
        } catch (Exception error) {
            return "null";
        }
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            if (unit < ' ' || unit > '~' || unit == '"' || unit == '\\') {
                json.append(String.format("\\u%04x", (int) unit));
            } else {
                json.append(unit);
            }
        }
        return json.append("\"").toString();
    }
}
