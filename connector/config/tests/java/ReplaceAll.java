import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Says what {@code String.replaceAll} makes of each case it reads.
 *
 * <p>A case is a line with a JSON array of strings: pattern, text, replacement; anything after them is passed over. The
 * line is written again with Java's result as the fourth element, {@code null} where Java refuses the pattern or the
 * replacement.
 *
 * <p>{@code java ReplaceAll.java < cases.jsonl > replace_all.jsonl}
 */
public final class ReplaceAll {
    private final String line;
    private int next;

    private ReplaceAll(String line) {
        this.line = line;
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            if (line.isBlank()) {
                continue;
            }
            List<String> given = new ReplaceAll(line).strings();
            String result = result(given.get(0), given.get(1), given.get(2));
            output.println("[" + quote(given.get(0)) + ", " + quote(given.get(1)) + ", " + quote(given.get(2)) + ", "
                    + (result == null ? "null" : quote(result)) + "]");
        }
        output.flush();
    }

    private static String result(String pattern, String text, String replacement) {
        try {
            return text.replaceAll(pattern, replacement);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | NullPointerException | StackOverflowError refused) {
            return null;
        }
    }

    /** The first three strings of the array. */
    private List<String> strings() {
        List<String> strings = new ArrayList<>();
        while (strings.size() < 3) {
            next = line.indexOf('"', next) + 1;
            strings.add(string());
        }
        return strings;
    }

    private String string() {
        StringBuilder text = new StringBuilder();
        for (; line.charAt(next) != '"'; next++) {
            char letter = line.charAt(next);
            if (letter != '\\') {
                text.append(letter);
                continue;
            }
            next++;
            switch (line.charAt(next)) {
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'u' -> {
                    text.append((char) Integer.parseInt(line.substring(next + 1, next + 5), 16));
                    next += 4;
                }
                default -> text.append(line.charAt(next));
            }
        }
        next++;
        return text.toString();
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char letter : text.toCharArray()) {
            if (letter == '"' || letter == '\\') {
                quoted.append('\\').append(letter);
            } else if (letter < ' ' || letter > '~') {
                quoted.append(String.format("\\u%04x", (int) letter));
            } else {
                quoted.append(letter);
            }
        }
        return quoted.append('"').toString();
    }
}
