package dev.kelvin.dist;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Renews jars with class files of before Java 6: no AOT cache takes them, and without one their
 * slow verification costs a command 150 ms. A class gets the version of Java 8 and the stack maps
 * (JVMS 4.7.4) that this version wants; its code stays.
 */
final class OldClasses {
  private static final int JAVA_6 = 50;
  private static final int JAVA_8 = 52;

  /** A class file begins with magic number, minor and major version. */
  private static final int HEAD = 8;

  private final Path directory;

  /**
   * @param directory where renewed jars are kept from one build to the next
   */
  OldClasses(Path directory) {
    this.directory = directory;
  }

  /** The same jars in the same order, with renewed ones in place of old ones. */
  List<Path> renew(List<Path> jars) throws IOException {
    var renewed = new ArrayList<Path>();
    for (Path jar : jars) {
      renewed.add(isOld(jar) ? renew(jar) : jar);
    }
    return List.copyOf(renewed);
  }

  /** By its first class: the classes of a jar are compiled together. */
  private static boolean isOld(Path jar) throws IOException {
    try (var zip = new ZipFile(jar.toFile())) {
      Optional<? extends ZipEntry> first =
          zip.stream().filter(OldClasses::isPlainClass).findFirst();
      if (first.isEmpty()) {
        return false;
      }
      try (InputStream in = zip.getInputStream(first.get())) {
        return major(in.readNBytes(HEAD)) < JAVA_6;
      }
    }
  }

  private static boolean isPlainClass(ZipEntry entry) {
    String name = entry.getName();
    return name.endsWith(".class")
        && !name.startsWith("META-INF/")
        && !name.endsWith("module-info.class");
  }

  private static int major(byte[] head) {
    return ByteBuffer.wrap(head).getShort(HEAD - Short.BYTES);
  }

  private Path renew(Path jar) throws IOException {
    Files.createDirectories(directory);
    Path target = directory.resolve(jar.getFileName());
    if (Files.exists(target)
        && Files.getLastModifiedTime(target).equals(Files.getLastModifiedTime(jar))) {
      return target;
    }
    Map<String, byte[]> entries = read(jar);
    ClassFile renewer = renewer(entries);
    Path partial = directory.resolve(jar.getFileName() + ".partial");
    try (var out = new ZipOutputStream(Files.newOutputStream(partial))) {
      for (Map.Entry<String, byte[]> entry :
          entries.entrySet().stream().sorted(Map.Entry.comparingByKey()).toList()) {
        var written = new ZipEntry(entry.getKey());
        written.setTime(0);
        out.putNextEntry(written);
        boolean renewable = isPlainClass(written) && major(entry.getValue()) < JAVA_6;
        out.write(renewable ? renew(renewer, entry.getValue()) : entry.getValue());
      }
    }
    Files.setLastModifiedTime(partial, Files.getLastModifiedTime(jar));
    return Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static Map<String, byte[]> read(Path jar) throws IOException {
    var entries = new HashMap<String, byte[]>();
    try (var zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : zip.stream().filter(entry -> !entry.isDirectory()).toList()) {
        try (InputStream in = zip.getInputStream(entry)) {
          entries.put(entry.getName(), in.readAllBytes());
        }
      }
    }
    return entries;
  }

  /** Stack maps name the common superclass of two types, which the jar itself or the JDK knows. */
  private static ClassFile renewer(Map<String, byte[]> entries) {
    ClassHierarchyResolver jar =
        ClassHierarchyResolver.ofResourceParsing(type -> {
          byte[] known = entries.get(path(type));
          return known == null ? null : new ByteArrayInputStream(known);
        });
    return ClassFile.of(
        ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
        ClassFile.ClassHierarchyResolverOption.of(
            jar.orElse(ClassHierarchyResolver.defaultResolver()).cached()));
  }

  private static String path(ClassDesc type) {
    String descriptor = type.descriptorString();
    return descriptor.substring(1, descriptor.length() - 1) + ".class";
  }

  private static byte[] renew(ClassFile renewer, byte[] old) {
    ClassTransform raise =
        ClassTransform.dropping(ClassFileVersion.class::isInstance)
            .andThen(ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL))
            .andThen(ClassTransform.endHandler(builder -> builder.withVersion(JAVA_8, 0)));
    return renewer.transformClass(renewer.parse(old), raise);
  }
}
