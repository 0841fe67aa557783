import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipFile;

/**
 * Writes an APK: entries by name, one fixed time, libraries stored at 16 KiB, so that the same inputs are the same bytes
 * and the system maps the libraries straight from the file.
 *
 * <p>The alignment stands in the extra field 0xd935, which apksigner obeys when it copies the entries.
 */
public final class Pack {
    private static final int LOCAL_HEADER = 0x04034b50;
    private static final int CENTRAL_HEADER = 0x02014b50;
    private static final int END_OF_CENTRAL_DIRECTORY = 0x06054b50;
    private static final int LOCAL_HEADER_SIZE = 30;
    private static final short ALIGNMENT_FIELD = (short) 0xd935;
    private static final short VERSION = 20;
    private static final short STORED = 0;
    private static final short DEFLATED = 8;
    /** 1 January 1980, the first day that a zip can tell. */
    private static final short DATE = 0x0021;

    private static final int LIBRARY_ALIGNMENT = 16384;
    private static final int TABLE_ALIGNMENT = 4;

    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
    private int entries;

    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 5) {
            System.err.println("usage: Pack OUTPUT RESOURCES.apk CLASSES.dex ASSETS-FOLDER LIBRARIES-FOLDER ABI...");
            System.exit(2);
        }
        TreeMap<String, byte[]> contents = new TreeMap<>();
        addZip(contents, Path.of(arguments[1]));
        contents.put("classes.dex", Files.readAllBytes(Path.of(arguments[2])));
        addFolder(contents, "assets", Path.of(arguments[3]));
        for (String abi : List.of(arguments).subList(5, arguments.length)) {
            addFolder(contents, "lib/" + abi, Path.of(arguments[4], abi));
        }
        Pack apk = new Pack();
        contents.forEach(apk::add);
        Files.write(Path.of(arguments[0]), apk.finish());
    }

    private static void addZip(TreeMap<String, byte[]> contents, Path path) throws IOException {
        try (ZipFile zip = new ZipFile(path.toFile())) {
            for (var entry : Collections.list(zip.entries())) {
                contents.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
            }
        }
    }

    private static void addFolder(TreeMap<String, byte[]> contents, String prefix, Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> paths = new ArrayList<>();
        try (var found = Files.walk(folder)) {
            found.filter(Files::isRegularFile).forEach(paths::add);
        }
        for (Path path : paths) {
            String name = folder.relativize(path).toString().replace('\\', '/');
            contents.put(prefix + "/" + name, Files.readAllBytes(path));
        }
    }

    private void add(String path, byte[] content) {
        int alignment = path.endsWith(".so") ? LIBRARY_ALIGNMENT : path.equals("resources.arsc") ? TABLE_ALIGNMENT : 0;
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        byte[] deflated = alignment == 0 ? deflate(content) : content;
        boolean stored = deflated.length >= content.length;
        byte[] data = stored ? content : deflated;
        CRC32 sum = new CRC32();
        sum.update(content);
        ByteBuffer common = little(26)
                .putShort(VERSION)
                .putShort((short) 0)
                .putShort(stored ? STORED : DEFLATED)
                .putShort((short) 0)
                .putShort(DATE)
                .putInt((int) sum.getValue())
                .putInt(data.length)
                .putInt(content.length)
                .putShort((short) name.length);
        byte[] facts = Arrays.copyOf(common.array(), common.position());
        int offset = file.size();
        byte[] extra = alignment == 0 ? new byte[0] : padding(offset + LOCAL_HEADER_SIZE + name.length, alignment);

        write(file, little(4).putInt(LOCAL_HEADER).array());
        write(file, facts);
        write(file, little(2).putShort((short) extra.length).array());
        write(file, name);
        write(file, extra);
        write(file, data);

        write(directory, little(6).putInt(CENTRAL_HEADER).putShort(VERSION).array());
        write(directory, facts);
        // No extra field, no comment, disk 0, no attributes, then where the entry begins.
        write(directory, little(16).putInt(12, offset).array());
        write(directory, name);
        entries += 1;
    }

    private byte[] finish() {
        int start = file.size();
        write(file, directory.toByteArray());
        write(
                file,
                little(22)
                        .putInt(END_OF_CENTRAL_DIRECTORY)
                        .putInt(0)
                        .putShort((short) entries)
                        .putShort((short) entries)
                        .putInt(directory.size())
                        .putInt(start)
                        .putShort((short) 0)
                        .array());
        return file.toByteArray();
    }

    /** The extra field that brings what follows it to a multiple of the alignment. */
    private static byte[] padding(int begin, int alignment) {
        int least = 6;
        int zeros = Math.floorMod(-(begin + least), alignment);
        return little(least + zeros)
                .putShort(ALIGNMENT_FIELD)
                .putShort((short) (2 + zeros))
                .putShort((short) alignment)
                .array();
    }

    private static byte[] deflate(byte[] content) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        deflater.setInput(content);
        deflater.finish();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] part = new byte[8192];
        while (!deflater.finished()) {
            out.write(part, 0, deflater.deflate(part));
        }
        deflater.end();
        return out.toByteArray();
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void write(ByteArrayOutputStream out, byte[] bytes) {
        try {
            out.write(bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
