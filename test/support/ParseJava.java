import com.sun.source.util.JavacTask;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Parses files of Java; what they import need not be there. Prints what is wrong, and then fails. */
class ParseJava {
    public static void main(String[] paths) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        StandardJavaFileManager files = compiler.getStandardFileManager(found, null, null);
        ((JavacTask) compiler.getTask(null, files, found, List.of(), null, files.getJavaFileObjects(paths))).parse();
        for (Diagnostic<?> one : found.getDiagnostics()) System.err.println(one);
        System.exit(found.getDiagnostics().isEmpty() ? 0 : 1);
    }
}
