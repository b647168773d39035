import java.io.StringReader;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Prints, one JSON line each, texts and what {@code java.util.Properties.load(Reader)} makes of them: an object, or null where
 * it throws.
 *
 * <p>{@code java LoadProperties.java > properties.jsonl}
 */
public final class LoadProperties {
    private static final String[] TEXTS = {
        "",
        "key=value",
        "key = value \n",
        "key:value\r\nother value with blanks\rthird\t=\t3",
        "key==value",
        "key : = value",
        "key",
        "=value",
        "a=1\na=2",
        "# comment\n ! other\n\f#third\na=#b",
        "# comment \\\na=1",
        "# C:\\users\na=1",
        "a=b\\\n   c\\\r\n\td",
        "a=b\\\n\nc=d",
        "a=b\\\n# no comment\n",
        "\\\na=1",
        "a=b\\",
        "a=b\\\\",
        "a=b\\\\\nc=d",
        "a\\\n  b=c",
        "a\\ b\\=c\\:d=e",
        "a\\\\=b",
        "a=\\u0041\\u00e9\\ud83d\\ude00",
        "a=\\t\\n\\r\\f\\b\\q\\\"\\'",
        "a=\\u00",
        "a=\\uzzzz",
        "a=\\u+041",
        "a=pa$$ \\\"w\u00f6rd\\\" \ud83d\ude00 ",
        "a=\u00a0b\u00a0",
        "  \t a=1\n\n\n  b=2",
    };

    public static void main(String[] arguments) {
        for (String text : TEXTS) {
            System.out.println("[" + quoted(text) + ", " + loaded(text) + "]");
        }
    }

    private static String loaded(String text) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (Exception error) {
            return "null";
        }
        StringBuilder object = new StringBuilder("{");
        new TreeMap<>(properties).forEach((key, value) -> object.append(object.length() > 1 ? ", " : "")
                .append(quoted((String) key)).append(": ").append(quoted((String) value)));
        return object.append("}").toString();
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
