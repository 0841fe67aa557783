import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Says whether each library of an APK is stored, not deflated, at a multiple of 16 KiB. */
public final class Aligned {
    private static final int CENTRAL_HEADER = 0x02014b50;
    private static final int END_OF_CENTRAL_DIRECTORY_SIZE = 22;
    private static final int PAGE = 16384;

    public static void main(String[] arguments) throws Exception {
        ByteBuffer apk = ByteBuffer.wrap(Files.readAllBytes(Path.of(arguments[0]))).order(ByteOrder.LITTLE_ENDIAN);
        int end = apk.limit() - END_OF_CENTRAL_DIRECTORY_SIZE;
        boolean aligned = true;
        int at = apk.getInt(end + 16);
        while (at < end && apk.getInt(at) == CENTRAL_HEADER) {
            int nameLength = apk.getShort(at + 28);
            byte[] name = new byte[nameLength];
            apk.get(at + 46, name);
            int local = apk.getInt(at + 42);
            int data = local + 30 + apk.getShort(local + 26) + apk.getShort(local + 28);
            boolean stored = apk.getShort(at + 10) == 0;
            if (new String(name).endsWith(".so") && !(stored && data % PAGE == 0)) {
                System.err.println(new String(name) + " begins at " + data + (stored ? ", stored" : ", deflated"));
                aligned = false;
            }
            at += 46 + nameLength + apk.getShort(at + 30) + apk.getShort(at + 32);
        }
        System.exit(aligned ? 0 : 1);
    }
}
