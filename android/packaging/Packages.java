import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads blocklists/packages.toml, writes what the app needs of it: the manifest's {@code <queries>}, without which Android
 * hides other apps, and the asset packages.tsv.
 *
 * <p>The records are in their canonical order and form ({@code ./build.sh lists} checks it): one key a line.
 */
public final class Packages {
    private static final Pattern STRING = Pattern.compile("([a-z-]+) = \"((?:[^\"\\\\]|\\\\.)*)\"");
    /** What the owner can choose beside the vendor's apps: whatever has an icon to tap; and which apps are browsers. */
    private static final String OTHERS =
            """
                    <intent>
                        <action android:name="android.intent.action.MAIN" />
                        <category android:name="android.intent.category.LAUNCHER" />
                    </intent>
                    <intent>
                        <action android:name="android.intent.action.VIEW" />
                        <category android:name="android.intent.category.BROWSABLE" />
                        <data android:scheme="http" />
                    </intent>
            """;
    private static final String PLACE = "<!-- queries of blocklists/packages.toml -->";

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 4) {
            System.err.println("usage: Packages PACKAGES.toml MANIFEST OUTPUT-MANIFEST OUTPUT-TSV");
            System.exit(2);
        }
        List<Map<String, String>> packages = read(Path.of(arguments[0]));
        String manifest = Files.readString(Path.of(arguments[1]));
        if (!manifest.contains(PLACE)) {
            throw new IOException(arguments[1] + " has no line " + PLACE);
        }
        Files.writeString(Path.of(arguments[2]), manifest.replace(PLACE, queries(packages)));
        Path table = Path.of(arguments[3]);
        Files.createDirectories(table.getParent());
        Files.writeString(table, table(packages));
    }

    private static List<Map<String, String>> read(Path path) throws IOException {
        List<Map<String, String>> packages = new ArrayList<>();
        if (!Files.exists(path)) {
            return packages;
        }
        Map<String, String> fields = null;
        for (String line : Files.readAllLines(path)) {
            if (line.startsWith("[")) {
                fields = line.equals("[[package]]") ? new LinkedHashMap<>() : null;
                if (fields != null) {
                    packages.add(fields);
                }
            }
            Matcher string = STRING.matcher(line);
            if (fields != null && string.matches()) {
                fields.put(string.group(1), string.group(2).replaceAll("\\\\(.)", "$1").replace('\t', ' '));
            }
        }
        return packages;
    }

    private static String queries(List<Map<String, String>> packages) {
        StringBuilder out = new StringBuilder("<queries>\n");
        for (Map<String, String> fields : packages) {
            out.append("        <package android:name=\"").append(fields.get("name")).append("\" />\n");
        }
        return out.append(OTHERS).append("    </queries>").toString();
    }

    private static String table(List<Map<String, String>> packages) {
        StringBuilder out = new StringBuilder();
        for (Map<String, String> fields : packages) {
            List<String> columns = new ArrayList<>();
            for (String key : List.of("name", "tunnel", "identity", "feature", "title", "what")) {
                columns.add(fields.getOrDefault(key, ""));
            }
            out.append(String.join("\t", columns)).append('\n');
        }
        return out.toString();
    }
}
